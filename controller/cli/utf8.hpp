// SPDX-License-Identifier: Apache-2.0
// Strict UTF-8 decoding (RFC 3629) one character at a time, and column widths of characters. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace signalbox::cli {

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;  // how many bytes of the text it took
    bool valid = false;     // false: one byte that does not start a well-formed character
};

// The first character of a text that is not empty.
[[nodiscard]] Character decode_utf8(std::string_view text);
// 0 for combining marks and zero-width characters, 2 for wide ones (UAX 11 W and F), otherwise 1.
[[nodiscard]] std::size_t character_columns(char32_t code);

}  // namespace signalbox::cli
