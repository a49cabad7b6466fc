// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/screen.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace signalbox::cli {

Status Screen::draw(const std::vector<std::string>& lines) {
    if (lines == drawn_) return {};
    std::string text;
    // Lines that have scrolled off the top cannot be reached; they stay as they are.
    const std::size_t up = std::min(drawn_.size(), terminal_.height - 1);
    if (up > 0) text += fmt::format("\x1b[{}A\r", up);
    for (const std::string& line : lines) text += line + "\x1b[K\n";
    text += "\x1b[J";
    drawn_ = lines;
    return out_.write(text);
}

}  // namespace signalbox::cli
