// SPDX-License-Identifier: Apache-2.0
// PASERK k4.secret-pw: operations/PBKW.md of github.com/paseto-standard/paserk, "Versions 2, 4, and 6".
#include <fmt/format.h>
#include <sodium.h>

#include <array>

#include "common/crypto/encoding.hpp"
#include "common/crypto/key_file.hpp"
#include "common/crypto/paserk.hpp"
#include "common/crypto/sodium_ready.hpp"

namespace signalbox::crypto {
namespace {

constexpr std::size_t kSalt = crypto_pwhash_argon2id_SALTBYTES;
constexpr std::size_t kNonce = crypto_stream_xchacha20_NONCEBYTES;
constexpr std::size_t kKey = crypto_sign_ed25519_SECRETKEYBYTES;
constexpr std::size_t kTag = 32;
constexpr std::size_t kCost = 8 + 4 + 4;  // memory, passes, parallelism: big-endian
constexpr std::size_t kSealed = kSalt + kCost + kNonce + kKey + kTag;
constexpr std::uint32_t kMaxPasses = 64;
constexpr std::uint8_t kEncryption = 0xff;
constexpr std::uint8_t kAuthentication = 0xfe;

void put_big_endian(std::span<std::uint8_t> out, std::uint64_t value) {
    for (std::size_t i = out.size(); i-- > 0; value >>= 8) out[i] = static_cast<std::uint8_t>(value);
}

std::uint64_t big_endian(ByteView bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8 | byte;
    return value;
}

SecretBytes derive(const SecretBytes& pre_key, std::uint8_t purpose) {
    SecretBytes input(1 + pre_key.size());
    input.expose_mutable()[0] = purpose;
    std::copy(pre_key.expose().begin(), pre_key.expose().end(), input.expose_mutable().begin() + 1);
    SecretBytes out(32);
    crypto_generichash(out.expose_mutable().data(), 32, input.expose().data(), input.size(), nullptr, 0);
    return out;
}

Result<SecretBytes> stretch(const SecretBytes& password, ByteView salt, const PasswordCost& cost) {
    SecretBytes pre_key(32);
    // An empty password has no bytes to point at, and libsodium takes no null pointer.
    const char* text = password.empty() ? "" : reinterpret_cast<const char*>(password.expose().data());
    if (crypto_pwhash_argon2id(pre_key.expose_mutable().data(), pre_key.size(), text, password.size(),
                               salt.data(), cost.passes, cost.memory_bytes,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        return Error{
            Code::resource_exhausted,
            fmt::format("Argon2id needs {} MiB of memory and did not get it", cost.memory_bytes >> 20),
            "Free some memory and try again."};
    }
    return pre_key;
}

// Over the header and everything that comes before the tag.
std::array<std::uint8_t, kTag> tag_of(ByteView sealed, const SecretBytes& pre_key) {
    const SecretBytes key = derive(pre_key, kAuthentication);
    Bytes message = to_bytes(paserk::kSecretPassword);
    message.insert(message.end(), sealed.begin(), sealed.begin() + (kSealed - kTag));
    std::array<std::uint8_t, kTag> tag{};
    crypto_generichash(tag.data(), tag.size(), message.data(), message.size(), key.expose().data(),
                       key.size());
    return tag;
}

Status check_cost(const PasswordCost& cost, std::uint64_t max_memory_bytes) {
    if (cost.memory_bytes > max_memory_bytes || cost.passes > kMaxPasses) {
        return Error{
            Code::resource_exhausted,
            fmt::format("the key asks for {} MiB and {} passes of Argon2id; {} MiB and {} are allowed",
                        cost.memory_bytes >> 20, cost.passes, max_memory_bytes >> 20, kMaxPasses)};
    }
    if (cost.memory_bytes < crypto_pwhash_argon2id_MEMLIMIT_MIN || cost.memory_bytes % 1024 != 0 ||
        cost.passes < crypto_pwhash_argon2id_OPSLIMIT_MIN) {
        return Error{Code::invalid_argument, fmt::format("Argon2id does not work with {} bytes and {} passes",
                                                         cost.memory_bytes, cost.passes)};
    }
    return {};
}

}  // namespace

bool is_password_wrapped(std::string_view text) {
    return text.starts_with(paserk::kSecretPassword);
}

Result<std::string> wrap_with_password(const SigningKey& key, const SecretBytes& password, Random& random,
                                       const PasswordCost& cost) {
    require_sodium();
    SB_CHECK(check_cost(cost, 4ULL << 30));
    Bytes sealed(kSealed);
    const std::span<std::uint8_t> all(sealed);
    const auto salt = all.first(kSalt);
    const auto nonce = all.subspan(kSalt + kCost, kNonce);
    random.fill(salt);
    random.fill(nonce);
    put_big_endian(all.subspan(kSalt, 8), cost.memory_bytes);
    put_big_endian(all.subspan(kSalt + 8, 4), cost.passes);
    put_big_endian(all.subspan(kSalt + 12, 4), 1);
    SB_TRY(const SecretBytes pre_key, stretch(password, salt, cost));
    const SecretBytes stream_key = derive(pre_key, kEncryption);
    const SecretBytes plain(key.expose());
    crypto_stream_xchacha20_xor(all.subspan(kSalt + kCost + kNonce).data(), plain.expose().data(), kKey,
                                nonce.data(), stream_key.expose().data());
    const auto tag = tag_of(sealed, pre_key);
    std::copy(tag.begin(), tag.end(), all.last(kTag).begin());
    return std::string(paserk::kSecretPassword) + to_base64url(sealed);
}

Result<SigningKey> unwrap_with_password(std::string_view text, const SecretBytes& password,
                                        std::uint64_t max_memory_bytes) {
    require_sodium();
    SB_TRY(const SecretBytes sealed, paserk::decode(text, paserk::kSecretPassword, kSealed));
    const ByteView all = sealed.expose();
    const ByteView nonce = all.subspan(kSalt + kCost, kNonce);
    PasswordCost cost;
    cost.memory_bytes = big_endian(all.subspan(kSalt, 8));
    cost.passes = static_cast<std::uint32_t>(big_endian(all.subspan(kSalt + 8, 4)));
    if (big_endian(all.subspan(kSalt + 12, 4)) != 1) {
        return Error{Code::invalid_argument, "the key was wrapped with a parallelism other than 1"};
    }
    SB_CHECK(check_cost(cost, max_memory_bytes));
    SB_TRY(const SecretBytes pre_key, stretch(password, all.first(kSalt), cost));
    if (!constant_time_equal(tag_of(all, pre_key), all.last(kTag))) {
        return Error{Code::permission_denied, "the passphrase is wrong, or the key file was changed",
                     "Type the passphrase again; if it still fails, restore the file from a backup."};
    }
    const SecretBytes stream_key = derive(pre_key, kEncryption);
    SecretBytes plain(kKey);
    crypto_stream_xchacha20_xor(plain.expose_mutable().data(), all.subspan(kSalt + kCost + kNonce).data(),
                                kKey, nonce.data(), stream_key.expose().data());
    return SigningKey::from_seed_and_public(plain.expose());
}

}  // namespace signalbox::crypto
