// SPDX-License-Identifier: Apache-2.0
// One line for a terminal, put together from toned pieces and cut to its width, so that a redraw can count on
// one row per line. Into a pipe it is never cut. Pieces are made safe here.
#pragma once

#include <string>
#include <string_view>

#include "controller/cli/terminal.hpp"

namespace signalbox::cli {

class Line {
  public:
    explicit Line(const Terminal& terminal) : terminal_(&terminal) {}  // the terminal must outlive the line

    Line& add(std::string_view text, Tone tone = Tone::plain);
    // Blanks up to this column; at least one when something stands there already.
    Line& to_column(std::size_t column);
    [[nodiscard]] std::string text() const { return text_; }

  private:
    const Terminal* terminal_;
    std::string text_;
    std::size_t used_ = 0;
    bool full_ = false;
};

}  // namespace signalbox::cli
