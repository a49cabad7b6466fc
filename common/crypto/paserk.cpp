// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/paserk.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "common/crypto/ascii.hpp"
#include "common/crypto/encoding.hpp"
#include "common/crypto/sodium_ready.hpp"

namespace signalbox::crypto::paserk {

std::string public_text(ByteView key) {
    return std::string(kPublic) + to_base64url(key);
}

std::string public_id(ByteView key) {
    require_sodium();
    const std::string input = std::string(kPublicId) + public_text(key);
    const ByteView view = as_bytes(input);
    std::array<std::uint8_t, 33> hash{};
    crypto_generichash(hash.data(), hash.size(), view.data(), view.size(), nullptr, 0);
    return std::string(kPublicId) + to_base64url(hash);
}

SecretBytes secret_text(ByteView seed_and_public) {
    constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    SecretBytes encoded(sodium_base64_encoded_len(seed_and_public.size(), kVariant));
    sodium_bin2base64(reinterpret_cast<char*>(encoded.expose_mutable().data()), encoded.size(),
                      seed_and_public.data(), seed_and_public.size(), kVariant);
    SecretBytes text(kSecret.size() + encoded.size() - 1);  // without the terminating zero
    const auto out = text.expose_mutable();
    std::copy(kSecret.begin(), kSecret.end(), out.begin());
    std::copy(encoded.expose().begin(), encoded.expose().end() - 1,
              out.begin() + static_cast<std::ptrdiff_t>(kSecret.size()));
    return text;
}

Result<SecretBytes> decode(std::string_view text, std::string_view prefix, std::size_t size) {
    const Error wrong{Code::invalid_argument, fmt::format("not a {}… text of {} bytes", prefix, size)};
    if (!text.starts_with(prefix)) return wrong;
    text.remove_prefix(prefix.size());
    SecretBytes bytes(size);
    std::size_t decoded = 0;
    if (!is_ascii(text) ||
        sodium_base642bin(bytes.expose_mutable().data(), size, text.data(), text.size(), nullptr, &decoded,
                          nullptr, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        decoded != size) {
        return wrong;
    }
    return bytes;
}

}  // namespace signalbox::crypto::paserk
