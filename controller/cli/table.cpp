// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/table.hpp"

#include <algorithm>

namespace signalbox::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 8;
// A column that is cut to less says nothing: it goes below.
constexpr std::size_t kReadable = 24;
constexpr std::size_t kIndent = 4;

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<Cell> row) {
    row.resize(columns_.size(), Cell(""));
    for (Cell& cell : row) {
        cell.text = cell.text.empty() ? "-" : safe(cell.text);
    }
    rows_.push_back(std::move(row));
}

Table::Layout Table::whole() const {
    Layout out;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t widest = columns(columns_[i].header);
        for (const auto& row : rows_) widest = std::max(widest, columns(row[i].text));
        out.widths.push_back(widest);
        out.beside.push_back(i);
    }
    return out;
}

// The widest of those that may shrink gives way first.
void Table::shrink(Layout& layout, std::size_t width) const {
    while (layout.total() > width) {
        std::optional<std::size_t> widest;
        for (const std::size_t i : layout.beside) {
            const bool may =
                columns_[i].shrinks && layout.widths[i] > std::max(kNarrowest, columns(columns_[i].header));
            if (may && (!widest || layout.widths[i] > layout.widths[*widest])) widest = i;
        }
        if (!widest) break;
        --layout.widths[*widest];
    }
}

Table::Layout Table::layout(const Terminal& terminal) const {
    Layout out = whole();
    if (!terminal.interactive || out.total() <= terminal.width) return out;
    std::erase_if(out.beside, [this](std::size_t i) {
        return columns_[i].shrinks && !rows_.empty() &&
               std::all_of(rows_.begin(), rows_.end(), [i](const auto& row) { return row[i].text == "-"; });
    });
    const Layout natural = out;
    shrink(out, terminal.width);
    const auto worst = std::max_element(out.beside.begin(), out.beside.end(), [&](auto a, auto b) {
        return natural.widths[a] - out.widths[a] < natural.widths[b] - out.widths[b];
    });
    if (worst == out.beside.end() || out.widths[*worst] >= std::min(natural.widths[*worst], kReadable))
        return out;
    Layout stacked = natural;
    stacked.below = *worst;
    std::erase(stacked.beside, *worst);
    shrink(stacked, terminal.width);
    return stacked;
}

std::size_t Table::Layout::total() const {
    std::size_t sum = beside.empty() ? 0 : kGap * (beside.size() - 1);
    for (const std::size_t i : beside) sum += widths[i];
    return sum;
}

std::vector<std::string> Table::lines(const Terminal& terminal) const {
    const Layout shape = layout(terminal);
    std::vector<std::string> out;
    const auto put = [&](const std::vector<Cell>& row) {
        std::string line;
        for (const std::size_t i : shape.beside) {
            const std::string text = fit(row[i].text, shape.widths[i]);
            const std::size_t used = columns(text);
            const std::string blanks(shape.widths[i] > used ? shape.widths[i] - used : 0, ' ');
            const bool last = i == shape.beside.back();
            if (columns_[i].right) line += blanks;
            line += paint(terminal, row[i].tone, text);
            if (!columns_[i].right && !last) line += blanks;
            if (!last) line += std::string(kGap, ' ');
        }
        out.push_back(std::move(line));
        if (!shape.below || row[*shape.below].text == "-") return;
        const std::size_t room = terminal.width > kIndent ? terminal.width - kIndent : 1;
        for (const std::string& part : wrap(row[*shape.below].text, room))
            out.push_back(std::string(kIndent, ' ') + paint(terminal, row[*shape.below].tone, part));
    };
    std::vector<Cell> header;
    for (const Column& column : columns_) header.emplace_back(column.header, Tone::strong);
    put(header);
    for (const auto& row : rows_) put(row);
    return out;
}

}  // namespace signalbox::cli
