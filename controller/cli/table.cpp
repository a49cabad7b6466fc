// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/table.hpp"

#include <algorithm>
#include <numeric>

namespace signalbox::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 8;

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<Cell> row) {
    row.resize(columns_.size(), Cell(""));
    for (Cell& cell : row) {
        cell.text = cell.text.empty() ? "-" : safe(cell.text);
    }
    rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::widths(const Terminal& terminal) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t widest = columns(columns_[i].header);
        for (const auto& row : rows_) widest = std::max(widest, columns(row[i].text));
        widths.push_back(widest);
    }
    if (!terminal.interactive || columns_.empty()) return widths;
    const auto total = [&] {
        return std::accumulate(widths.begin(), widths.end(), kGap * (columns_.size() - 1));
    };
    while (total() > terminal.width) {
        // The widest of those that may shrink gives way first.
        std::size_t widest = columns_.size();
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const bool may =
                columns_[i].shrinks && widths[i] > std::max(kNarrowest, columns(columns_[i].header));
            if (may && (widest == columns_.size() || widths[i] > widths[widest])) widest = i;
        }
        if (widest == columns_.size()) break;
        --widths[widest];
    }
    return widths;
}

std::vector<std::string> Table::lines(const Terminal& terminal) const {
    const std::vector<std::size_t> width = widths(terminal);
    std::vector<std::string> out;
    const auto put = [&](const std::vector<Cell>& row) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string text = fit(row[i].text, width[i]);
            const std::size_t used = columns(text);
            const std::string blanks(width[i] > used ? width[i] - used : 0, ' ');
            const bool last = i + 1 == row.size();
            if (columns_[i].right) line += blanks;
            line += paint(terminal, row[i].tone, text);
            if (!columns_[i].right && !last) line += blanks;
            if (!last) line += std::string(kGap, ' ');
        }
        out.push_back(std::move(line));
    };
    std::vector<Cell> header;
    for (const Column& column : columns_) header.emplace_back(column.header, Tone::strong);
    put(header);
    for (const auto& row : rows_) put(row);
    return out;
}

}  // namespace signalbox::cli
