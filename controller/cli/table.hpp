// SPDX-License-Identifier: Apache-2.0
// A table with aligned columns. On a terminal the columns marked `shrinks` are cut until a row fits its
// width; into a pipe or a file everything is written whole. Cell texts may come from anybody: they are made
// safe here.
#pragma once

#include <string>
#include <vector>

#include "controller/cli/terminal.hpp"

namespace signalbox::cli {

struct Column {
    std::string header;
    bool shrinks = false;
    bool right = false;  // numbers
};

struct Cell {
    Cell(std::string t, Tone in = Tone::plain)
        : text(std::move(t)), tone(in) {}  // NOLINT(google-explicit-constructor)
    Cell(const char* t) : text(t) {}       // NOLINT(google-explicit-constructor)
    std::string text;
    Tone tone = Tone::plain;
};

class Table {
  public:
    explicit Table(std::vector<Column> columns);
    // Exactly one cell per column; fewer are filled with blanks, more are a bug and cut off.
    void add(std::vector<Cell> row);
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] std::vector<std::string> lines(const Terminal& terminal) const;

  private:
    [[nodiscard]] std::vector<std::size_t> widths(const Terminal& terminal) const;
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace signalbox::cli
