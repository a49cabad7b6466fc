// SPDX-License-Identifier: Apache-2.0
// Ed25519 keys (RFC 8032) and their PASERK texts: k4.public, k4.secret, k4.pid
// (github.com/paseto-standard/paserk). Values; safe to share between threads.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/base/strong_id.hpp"
#include "common/crypto/secret_bytes.hpp"

namespace signalbox::crypto {

// "k4.pid.…": identifies a public key without being it.
using KeyId = StrongId<struct KeyIdTag>;
// "k4.pid." and 44 characters of strict base64url. Errors: invalid_argument.
[[nodiscard]] Result<KeyId> parse_key_id(std::string_view text);

using Signature = std::array<std::uint8_t, 64>;

// Errors: invalid_argument unless exactly 64 bytes.
[[nodiscard]] Result<Signature> signature_from_bytes(ByteView bytes);

// A point that passed crypto_core_ed25519_is_valid_point: on the curve, canonical, of the prime-order
// subgroup.
class PublicKey {
  public:
    // Errors: invalid_argument (not 32 bytes, low order, mixed order, not canonical).
    [[nodiscard]] static Result<PublicKey> from_bytes(ByteView raw);
    // "k4.public.…". Errors: invalid_argument.
    [[nodiscard]] static Result<PublicKey> from_paserk(std::string_view text);

    [[nodiscard]] ByteView bytes() const { return raw_; }
    [[nodiscard]] std::string paserk() const;
    [[nodiscard]] KeyId id() const;
    // SubjectPublicKeyInfo as PEM (RFC 8410), for openssl and Sigstore.
    [[nodiscard]] std::string pem() const;

    // Strict verification (libsodium): non-canonical S and low-order R are refused.
    [[nodiscard]] bool verify(ByteView message, const Signature& signature) const;

    friend bool operator==(const PublicKey&, const PublicKey&) = default;
    friend auto operator<=>(const PublicKey&, const PublicKey&) = default;

  private:
    explicit PublicKey(const std::array<std::uint8_t, 32>& raw) : raw_(raw) {}
    std::array<std::uint8_t, 32> raw_;
};

// Something that signs for one public key: a key in memory, or one in an ssh-agent.
class Signer {
  public:
    virtual ~Signer() = default;
    [[nodiscard]] virtual const PublicKey& public_key() const = 0;
    // Errors: unavailable (agent gone), permission_denied (the person said no).
    [[nodiscard]] virtual Result<Signature> sign(ByteView message) const = 0;
};

class SigningKey final : public Signer {
  public:
    [[nodiscard]] static SigningKey generate();
    // RFC 8032's 32-byte seed. Errors: invalid_argument.
    [[nodiscard]] static Result<SigningKey> from_seed(ByteView seed);
    // "k4.secret.…" (seed and public key; they must agree). Errors: invalid_argument.
    [[nodiscard]] static Result<SigningKey> from_paserk(std::string_view text);
    // The 64 bytes seed || public key; they must agree. Errors: invalid_argument.
    [[nodiscard]] static Result<SigningKey> from_seed_and_public(ByteView both);

    [[nodiscard]] const PublicKey& public_key() const override { return public_; }
    [[nodiscard]] Result<Signature> sign(ByteView message) const override;
    [[nodiscard]] Signature sign_now(ByteView message) const;           // cannot fail
    [[nodiscard]] SecretBytes paserk() const;                           // text bytes of "k4.secret.…"
    [[nodiscard]] ByteView expose() const { return secret_.expose(); }  // seed || public, for wrapping

  private:
    SigningKey(SecretBytes secret, PublicKey public_key) : secret_(std::move(secret)), public_(public_key) {}
    SecretBytes secret_;  // seed || public, as libsodium keeps it
    PublicKey public_;
};

}  // namespace signalbox::crypto
