// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/suggest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace signalbox::estate {
namespace {

// Words longer than this are never compared: the cost is quadratic, and nobody mistypes them.
constexpr std::size_t kMaxWord = 64;

// Insertions, deletions, replacements, and swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                                   cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a.size()][b.size()];
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
