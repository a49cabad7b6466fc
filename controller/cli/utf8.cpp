// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/utf8.hpp"

#include <array>
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

std::size_t character_columns(char32_t code) {
    if (in(kNoWidth, code)) return 0;
    return in(kWide, code) ? 2 : 1;
}

}  // namespace signalbox::cli
