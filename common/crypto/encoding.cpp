// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/encoding.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include "common/crypto/ascii.hpp"

namespace signalbox::crypto {
namespace {

std::string encode(ByteView bytes, int variant) {
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
    text.pop_back();  // the terminating zero
    return text;
}

// libsodium's decoder refuses ASCII characters outside the alphabet, wrong padding and non-zero trailing
// bits, and without an end pointer it refuses a text that it does not read to its end.
Result<Bytes> decode(std::string_view text, int variant, std::string_view name) {
    Bytes bytes(text.size() / 4 * 3 + 3);
    std::size_t size = 0;
    if (!is_ascii(text) || sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr,
                                             &size, nullptr, variant) != 0) {
        // The text may be a secret: it is not shown.
        return Error{Code::invalid_argument, fmt::format("not strict {} ({} characters)", name, text.size())};
    }
    bytes.resize(size);
    return bytes;
}

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string text(bytes.size() * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
    text.pop_back();
    return text;
}

Result<Bytes> from_hex(std::string_view text) {
    if (text.empty()) return Bytes{};  // libsodium takes no null pointer
    Bytes bytes(text.size() / 2);
    std::size_t size = 0;
    if (text.size() % 2 != 0 ||
        sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size, nullptr) != 0) {
        return Error{Code::invalid_argument, fmt::format("not hexadecimal ({} characters)", text.size())};
    }
    return bytes;
}

std::string to_base64(ByteView bytes) {
    return encode(bytes, sodium_base64_VARIANT_ORIGINAL);
}
Result<Bytes> from_base64(std::string_view text) {
    return decode(text, sodium_base64_VARIANT_ORIGINAL, "padded base64");
}
std::string to_base64url(ByteView bytes) {
    return encode(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
Result<Bytes> from_base64url(std::string_view text) {
    return decode(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, "unpadded base64url");
}

bool constant_time_equal(ByteView a, ByteView b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace signalbox::crypto
