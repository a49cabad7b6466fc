// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/suggest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace signalbox::estate {
namespace {

// Words longer than this are never compared: the cost is quadratic, and nobody mistypes them.
constexpr std::size_t kMaxWord = 64;

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    if (word.empty() || word.size() > kMaxWord) return {};
    std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
    std::string found;
    for (const auto& candidate : known) {
        if (candidate.size() > kMaxWord) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best) {
            best = distance;
            found = candidate;
        }
    }
    return found;
}

std::string suggest(std::string_view word, const std::vector<std::string>& known) {
    if (known.empty()) return {};
    if (const std::string near = nearest(word, known); !near.empty()) {
        return fmt::format("Did you mean '{}'?", near);
    }
    const std::size_t shown = std::min<std::size_t>(known.size(), 10);
    return fmt::format("Known here: {}{}",
                       fmt::join(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                       shown < known.size() ? ", …" : "");
}

}  // namespace signalbox::estate
