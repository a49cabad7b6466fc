// SPDX-License-Identifier: Apache-2.0
// Strict UTF-8 (RFC 3629): one character at a time, and texts of strangers made well-formed. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace signalbox {

struct Character {
    char32_t code = 0;
    std::size_t bytes = 1;  // how many bytes of the text it took
    bool valid = false;     // false: one byte that does not start a well-formed character
};

// The first character of a text that is not empty.
[[nodiscard]] Character decode_utf8(std::string_view text);

// The text itself when it is UTF-8; otherwise each byte that is not a part of a character becomes \xNN.
// Whatever goes into a protobuf string went through here, or is UTF-8 by its grammar.
[[nodiscard]] std::string as_utf8(std::string_view text);

}  // namespace signalbox
