// SPDX-License-Identifier: Apache-2.0
// Anonymous encryption to one X25519 key (libsodium's crypto_box_seal): whoever knows the public half can
// seal, only who holds the secret half can open. It says nothing about who sealed. Values; safe to move
// between threads.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/crypto/random.hpp"
#include "common/crypto/secret_bytes.hpp"

namespace signalbox::crypto {

class SealingPublic {
  public:
    // Errors: invalid_argument (not 32 bytes, or a point of low order).
    [[nodiscard]] static Result<SealingPublic> from_bytes(ByteView bytes);
    [[nodiscard]] ByteView view() const { return bytes_; }
    [[nodiscard]] Bytes seal(const SecretBytes& plain) const;
    friend bool operator==(const SealingPublic&, const SealingPublic&) = default;

  private:
    friend class SealingKey;
    explicit SealingPublic(const std::array<std::uint8_t, 32>& bytes) : bytes_(bytes) {}
    std::array<std::uint8_t, 32> bytes_;
};

class SealingKey {
  public:
    [[nodiscard]] static SealingKey generate(Random& random);
    // A file of mode 0600 with the secret half in base64url; made when it is not there. Errors: those of
    // read_secret_file and write_secret_file; data_loss (it holds something else).
    [[nodiscard]] static Result<SealingKey> load_or_make(const std::string& path, Random& random);

    [[nodiscard]] const SealingPublic& public_key() const { return public_; }
    // Errors: refused (sealed to another key, or changed).
    [[nodiscard]] Result<SecretBytes> open(ByteView sealed) const;

  private:
    explicit SealingKey(SecretBytes secret);
    SecretBytes secret_;
    SealingPublic public_;
};

}  // namespace signalbox::crypto
