// SPDX-License-Identifier: Apache-2.0
// What the output goes to, and text made safe and pretty for it. Pure; values.
// Widths are in terminal columns (East Asian wide characters take two, combining marks none).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::cli {

struct Terminal {
    bool interactive = false;  // a person's terminal: may be redrawn, lines are cut to its width
    bool color = false;        // SGR sequences may be written
    std::size_t width = 100;
    std::size_t height = 40;
    bool unicode = true;  // symbols beyond ASCII may be written
    bool wraps = false;   // uncut, for a person: what does not fit may go to lines of its own
};

// The same terminal for lines that are printed once: they are wrapped, never cut.
[[nodiscard]] Terminal uncut(Terminal terminal);

enum class Tone { plain, good, bad, warning, dim, strong };

// The text in this tone when the terminal shows colour, otherwise the text itself.
[[nodiscard]] std::string paint(const Terminal& terminal, Tone tone, std::string_view text);

// One line that cannot steer a terminal, whoever wrote it: control characters (C0, DEL, C1), bidirectional
// overrides, line separators and bytes that are not UTF-8 become visible escapes such as \x1b and \u202e.
[[nodiscard]] std::string safe(std::string_view untrusted);

// Columns that a safe text without SGR sequences takes.
[[nodiscard]] std::size_t columns(std::string_view text);
// Cut to at most `width` columns, the last one being an ellipsis when something was cut.
[[nodiscard]] std::string fit(std::string_view text, std::size_t width);
// Filled with blanks up to `width` columns.
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t width);
[[nodiscard]] std::string pad_left(std::string_view text, std::size_t width);
// Broken at blanks into lines of at most `width` columns; a longer word stays whole.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width);
// Each line followed by a line feed.
[[nodiscard]] std::string join_lines(const std::vector<std::string>& lines);

}  // namespace signalbox::cli
