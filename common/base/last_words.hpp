// SPDX-License-Identifier: Apache-2.0
// What a program says to the person who ran it when it cannot go on. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox {

// "program: message", and on a line of its own "next: remedy".
[[nodiscard]] inline std::string last_words(std::string_view program, const Error& error) {
    std::string words = std::string(program) + ": " + error.message() + "\n";
    if (!error.remedy().empty()) words += "next: " + error.remedy() + "\n";
    return words;
}

}  // namespace signalbox
