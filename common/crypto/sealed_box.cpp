// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/sealed_box.hpp"

#include <sodium.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"
#include "common/crypto/key_file.hpp"
#include "common/crypto/sodium_ready.hpp"

namespace signalbox::crypto {
namespace {

static_assert(crypto_box_PUBLICKEYBYTES == 32 && crypto_box_SECRETKEYBYTES == 32);

std::array<std::uint8_t, 32> public_of(const SecretBytes& secret) {
    require_sodium();
    std::array<std::uint8_t, 32> out{};
    crypto_scalarmult_base(out.data(), secret.expose().data());
    return out;
}

Error not_a_key(const std::string& path) {
    return {Code::data_loss, path + " is there but is not a sealing key",
            "Move it away: a new one is made, and secrets sealed to the old one must be set again."};
}

}  // namespace

Result<SealingPublic> SealingPublic::from_bytes(ByteView bytes) {
    require_sodium();
    if (bytes.size() != crypto_box_PUBLICKEYBYTES)
        return Error(Code::invalid_argument, "a sealing key has 32 bytes");
    std::array<std::uint8_t, 32> key{};
    std::copy(bytes.begin(), bytes.end(), key.begin());
    // A point of low order makes the shared secret known to everybody.
    const std::array<std::uint8_t, 32> any{1};
    std::array<std::uint8_t, 32> shared{};
    if (crypto_scalarmult(shared.data(), any.data(), key.data()) != 0)
        return Error(Code::invalid_argument, "the sealing key is a point of low order");
    return SealingPublic(key);
}

Bytes SealingPublic::seal(const SecretBytes& plain) const {
    require_sodium();
    Bytes out(plain.size() + crypto_box_SEALBYTES);
    const ByteView in = plain.expose();
    // Fails only for a point of low order, which from_bytes refuses.
    if (crypto_box_seal(out.data(), in.data(), in.size(), bytes_.data()) != 0) std::terminate();
    return out;
}

SealingKey::SealingKey(SecretBytes secret) : secret_(std::move(secret)), public_(public_of(secret_)) {}

SealingKey SealingKey::generate(Random& random) {
    SecretBytes secret(crypto_box_SECRETKEYBYTES);
    random.fill(secret.expose_mutable());
    return SealingKey(std::move(secret));
}

Result<SealingKey> SealingKey::load_or_make(const std::string& path, Random& random) {
    auto text = read_secret_file(path);
    if (!text && text.error().code() == Code::not_found) {
        SealingKey made = generate(random);
        SecretBytes encoded = SecretBytes::from_text(to_base64url(made.secret_.expose()));
        SB_CHECK(write_secret_file(path, encoded.expose()));
        return made;
    }
    if (!text) return std::move(text).error();
    const ByteView kept = text->expose();
    auto bytes = from_base64url({reinterpret_cast<const char*>(kept.data()), kept.size()});
    if (!bytes) return not_a_key(path);
    SecretBytes secret((ByteView(*bytes)));
    sodium_memzero(bytes->data(), bytes->size());
    if (secret.size() != crypto_box_SECRETKEYBYTES) return not_a_key(path);
    return SealingKey(std::move(secret));
}

Result<SecretBytes> SealingKey::open(ByteView sealed) const {
    if (sealed.size() < crypto_box_SEALBYTES) return Error(Code::refused, "a sealed text is too short");
    SecretBytes out(sealed.size() - crypto_box_SEALBYTES);
    if (crypto_box_seal_open(out.expose_mutable().data(), sealed.data(), sealed.size(), public_.view().data(),
                             secret_.expose().data()) != 0)
        return Error(Code::refused, "a sealed text is for another key, or was changed");
    return out;
}

}  // namespace signalbox::crypto
