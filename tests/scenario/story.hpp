// SPDX-License-Identifier: Apache-2.0
// Stories: runs that people wrote down, one file each, in a few words a line. README.md has the words. For
// tests only.
#pragma once

#include <string>
#include <vector>

#include "design.hpp"

namespace signalbox::scenario {

struct Line {
    int number = 0;
    Duration at{};  // after the beginning; of "expect … by": until then
    enum class Kind { act, expect_at, expect_by, never } kind = Kind::act;
    std::string text;
};

struct Story {
    Design design;
    std::vector<Line> lines;
};

// Errors: invalid_argument, naming the line.
[[nodiscard]] Result<Story> parse_story(std::string_view text);

struct Told {
    std::vector<std::string> failures;  // "line 12: …"
    std::vector<std::string> story;
};
[[nodiscard]] Told play(const Story& story);

}  // namespace signalbox::scenario
