// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/utf8.hpp"

#include <array>
#include <cstdint>
#include <utility>

namespace signalbox::cli {
namespace {

using Range = std::pair<char32_t, char32_t>;

constexpr std::array<Range, 8> kNoWidth = {{{0x0300, 0x036f},
                                            {0x0483, 0x0489},
                                            {0x0591, 0x05bd},
                                            {0x064b, 0x065f},
                                            {0x200b, 0x200d},
                                            {0x20d0, 0x20f0},
                                            {0xfe00, 0xfe0f},
                                            {0xfe20, 0xfe2f}}};
constexpr std::array<Range, 8> kWide = {{{0x1100, 0x115f},
                                         {0x2e80, 0x303e},
                                         {0x3041, 0xa4cf},
                                         {0xac00, 0xd7a3},
                                         {0xf900, 0xfaff},
                                         {0xfe30, 0xfe6f},
                                         {0xff00, 0xff60},
                                         {0x1f300, 0x1faff}}};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t code) {
    for (const auto& range : ranges) {
        if (code >= range.first && code <= range.second) return true;
    }
    return false;
}

}  // namespace

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

std::size_t character_columns(char32_t code) {
    if (in(kNoWidth, code)) return 0;
    return in(kWide, code) ? 2 : 1;
}

}  // namespace signalbox::cli
