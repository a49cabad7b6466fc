// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4), whole or streamed. OpenSSL's: five times as fast as libsodium's on bulk data.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

namespace signalbox::crypto {

struct Digest {
    std::array<std::uint8_t, 32> bytes{};

    [[nodiscard]] std::string hex() const;  // 64 lower-case digits
    [[nodiscard]] ByteView view() const { return bytes; }
    friend auto operator<=>(const Digest&, const Digest&) = default;
};

// Exactly 64 lower-case hex digits. Errors: invalid_argument.
[[nodiscard]] Result<Digest> parse_digest(std::string_view hex);
// Exactly 32 bytes. Errors: invalid_argument.
[[nodiscard]] Result<Digest> digest_from_bytes(ByteView bytes);

[[nodiscard]] Digest sha256(ByteView data);
[[nodiscard]] inline Digest sha256(std::string_view text) {
    return sha256(as_bytes(text));
}

// One at a time per object; not thread-safe.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    void update(ByteView data);
    // The digest of all so far; the object must not be used after.
    [[nodiscard]] Digest finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace signalbox::crypto
