// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/keys.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"
#include "common/crypto/paserk.hpp"
#include "common/crypto/sodium_ready.hpp"

namespace signalbox::crypto {
namespace {

constexpr std::size_t kSeedBytes = crypto_sign_ed25519_SEEDBYTES;
constexpr std::size_t kSecretBytes = crypto_sign_ed25519_SECRETKEYBYTES;
constexpr std::size_t kIdHashBytes = 33;

// RFC 8410 section 4: SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING of 32 bytes }.
constexpr std::array<std::uint8_t, 12> kSpkiPrefix{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                   0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

}  // namespace

Result<KeyId> parse_key_id(std::string_view text) {
    if (!paserk::decode(text, paserk::kPublicId, kIdHashBytes)) {
        return Error{Code::invalid_argument, fmt::format("'{:.80}' is not a key id", text),
                     "A key id starts with k4.pid. and is 51 characters long."};
    }
    return KeyId{std::string(text)};
}

Result<Signature> signature_from_bytes(ByteView bytes) {
    Signature signature{};
    if (bytes.size() != signature.size()) {
        return Error{Code::invalid_argument,
                     fmt::format("an Ed25519 signature has 64 bytes, not {}", bytes.size())};
    }
    std::copy(bytes.begin(), bytes.end(), signature.begin());
    return signature;
}

Result<PublicKey> PublicKey::from_bytes(ByteView raw) {
    require_sodium();
    std::array<std::uint8_t, 32> bytes{};
    if (raw.size() != bytes.size()) {
        return Error{Code::invalid_argument,
                     fmt::format("an Ed25519 public key has 32 bytes, not {}", raw.size())};
    }
    std::copy(raw.begin(), raw.end(), bytes.begin());
    if (crypto_core_ed25519_is_valid_point(bytes.data()) != 1) {
        return Error{Code::invalid_argument,
                     fmt::format("{} is not a safe Ed25519 public key: it is not canonical, of low order, or "
                                 "not of the prime-order group",
                                 to_hex(raw)),
                     "Make a new key pair; do not use this one."};
    }
    return PublicKey(bytes);
}

Result<PublicKey> PublicKey::from_paserk(std::string_view text) {
    SB_TRY(const SecretBytes raw, paserk::decode(text, paserk::kPublic, 32));
    return from_bytes(raw.expose());
}

std::string PublicKey::paserk() const {
    return paserk::public_text(raw_);
}

KeyId PublicKey::id() const {
    return KeyId{paserk::public_id(raw_)};
}

std::string PublicKey::pem() const {
    Bytes der(kSpkiPrefix.begin(), kSpkiPrefix.end());
    der.insert(der.end(), raw_.begin(), raw_.end());
    return "-----BEGIN PUBLIC KEY-----\n" + to_base64(der) + "\n-----END PUBLIC KEY-----\n";
}

bool PublicKey::verify(ByteView message, const Signature& signature) const {
    require_sodium();
    return crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(),
                                               raw_.data()) == 0;
}

SigningKey SigningKey::generate() {
    require_sodium();
    SecretBytes secret(kSecretBytes);
    std::array<std::uint8_t, 32> raw{};
    crypto_sign_ed25519_keypair(raw.data(), secret.expose_mutable().data());
    return {std::move(secret), PublicKey::from_bytes(raw).value()};
}

Result<SigningKey> SigningKey::from_seed(ByteView seed) {
    require_sodium();
    if (seed.size() != kSeedBytes) {
        return Error{Code::invalid_argument,
                     fmt::format("an Ed25519 seed has 32 bytes, not {}", seed.size())};
    }
    SecretBytes secret(kSecretBytes);
    std::array<std::uint8_t, 32> raw{};
    crypto_sign_ed25519_seed_keypair(raw.data(), secret.expose_mutable().data(), seed.data());
    SB_TRY(const PublicKey public_key, PublicKey::from_bytes(raw));
    return SigningKey(std::move(secret), public_key);
}

Result<SigningKey> SigningKey::from_paserk(std::string_view text) {
    SB_TRY(const SecretBytes both, paserk::decode(text, paserk::kSecret, kSecretBytes));
    return from_seed_and_public(both.expose());
}

Result<SigningKey> SigningKey::from_seed_and_public(ByteView both) {
    if (both.size() != kSecretBytes) {
        return Error{Code::invalid_argument,
                     fmt::format("an Ed25519 secret key has 64 bytes, not {}", both.size())};
    }
    SB_TRY(SigningKey key, from_seed(both.first(kSeedBytes)));
    // Signing with a public key that is not the seed's own would give the seed away.
    if (!constant_time_equal(key.public_key().bytes(), both.subspan(kSeedBytes))) {
        return Error{Code::invalid_argument, "the two halves of the secret key do not belong together",
                     "Restore the key from a backup or make a new one."};
    }
    return key;
}

Result<Signature> SigningKey::sign(ByteView message) const {
    return sign_now(message);
}

Signature SigningKey::sign_now(ByteView message) const {
    require_sodium();
    Signature signature{};
    crypto_sign_ed25519_detached(signature.data(), nullptr, message.data(), message.size(),
                                 secret_.expose().data());
    return signature;
}

SecretBytes SigningKey::paserk() const {
    return paserk::secret_text(secret_.expose());
}

}  // namespace signalbox::crypto
