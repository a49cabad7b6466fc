// SPDX-License-Identifier: Apache-2.0
// A table with aligned columns. When a row does not fit the width of a terminal, columns marked `shrinks` are
// left out when they hold nothing and cut otherwise; one that would be cut to a stump is written whole, on
// lines of its own below its row. Into a pipe or a file everything is written whole, in its place. Cell texts
// may come from anybody: they are made safe here.
#pragma once

#include <optional>
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
    struct Layout {
        std::vector<std::size_t> widths;   // of every column
        std::vector<std::size_t> beside;   // the columns of a row, in order
        std::optional<std::size_t> below;  // the column that is written below it
        [[nodiscard]] std::size_t total() const;
    };
    [[nodiscard]] Layout whole() const;
    void shrink(Layout& layout, std::size_t width) const;
    [[nodiscard]] Layout layout(const Terminal& terminal) const;
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace signalbox::cli
