// SPDX-License-Identifier: Apache-2.0
// A few lines at the end of a terminal that are drawn again in place. Nothing to clean up when the program is
// killed: the cursor always stands below the last line.
#pragma once

#include <string>
#include <vector>

#include "controller/cli/output.hpp"
#include "controller/cli/terminal.hpp"

namespace signalbox::cli {

class Screen {
  public:
    Screen(Output& out, const Terminal& terminal) : out_(out), terminal_(terminal) {}
    // Replaces what was drawn before. Every line must fit the terminal's width. Writes once, so nothing
    // flickers; nothing at all when the picture is the same.
    Status draw(const std::vector<std::string>& lines);

    // Leaves what was drawn: the next picture is drawn below it.
    void forget() { drawn_.clear(); }

  private:
    Output& out_;
    const Terminal& terminal_;
    std::vector<std::string> drawn_;
};

}  // namespace signalbox::cli
