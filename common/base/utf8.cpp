// SPDX-License-Identifier: Apache-2.0
#include "common/base/utf8.hpp"

#include <cstdint>

namespace signalbox {

Character decode_utf8(std::string_view text) {
    const auto byte = [&](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(text[i]); };
    const std::uint32_t first = byte(0);
    if (first < 0x80) return {first, 1, true};
    std::size_t count = 0;
    std::uint32_t code = 0;
    std::uint32_t lowest = 0;
    if (first >= 0xc2 && first <= 0xdf) {
        count = 2, code = first & 0x1fU, lowest = 0x80;
    } else if (first >= 0xe0 && first <= 0xef) {
        count = 3, code = first & 0x0fU, lowest = 0x800;
    } else if (first >= 0xf0 && first <= 0xf4) {
        count = 4, code = first & 0x07U, lowest = 0x10000;
    } else {
        return {first, 1, false};
    }
    if (text.size() < count) return {first, 1, false};
    for (std::size_t i = 1; i < count; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) return {first, 1, false};
        code = (code << 6U) | (byte(i) & 0x3fU);
    }
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < lowest || code > 0x10ffff || surrogate) return {first, 1, false};
    return {code, count, true};
}

std::string as_utf8(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character c = decode_utf8(text);
        if (c.valid) {
            out += text.substr(0, c.bytes);
        } else {
            const auto byte = static_cast<unsigned char>(text.front());
            out += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xfU]};
        }
        text.remove_prefix(c.bytes);
    }
    return out;
}

}  // namespace signalbox
