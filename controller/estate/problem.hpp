// SPDX-License-Identifier: Apache-2.0
// A problem in the estate: where, what, and what to write instead. All are collected, not only the first.
// Values.
#pragma once

#include <compare>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.hpp"

namespace signalbox::estate {

// 1-based; line 0 when the problem is with the whole file.
struct Position {
    std::string file;  // path in the repository
    int line = 0;
    int column = 0;
    friend auto operator<=>(const Position&, const Position&) = default;
};
[[nodiscard]] std::string to_string(const Position& position);  // "releases/a.yaml:3:7"

// A value and where it is written.
template <class T>
struct Located {
    T value{};
    Position at;
};

struct Problem {
    Position at;
    std::string message;
    std::string remedy;
    bool warning = false;  // a release can be planned in spite of it
    friend auto operator<=>(const Problem&, const Problem&) = default;
};
using Problems = std::vector<Problem>;

[[nodiscard]] bool has_errors(const Problems& problems);
// One error that carries the first problem's place, text and remedy, and says how many there are.
[[nodiscard]] Error to_error(const Problems& problems);
// "file:line:column: message. remedy", prefixed with "warning: " for a warning.
[[nodiscard]] std::string to_string(const Problem& problem);

}  // namespace signalbox::estate
