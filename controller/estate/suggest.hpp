// SPDX-License-Identifier: Apache-2.0
// "Did you mean …?": the known word nearest to a mistyped one. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace signalbox::estate {

// The nearest of `known` by edit distance, when it is near enough to be meant; otherwise empty.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);

// "Did you mean 'health'?", or, when nothing is near, "Known here: a, b, c" (at most ten), or empty when
// nothing is known.
[[nodiscard]] std::string suggest(std::string_view word, const std::vector<std::string>& known);

// The keys of a map, to suggest from.
template <class Map>
[[nodiscard]] std::vector<std::string> keys_of(const Map& map) {
    std::vector<std::string> out;
    out.reserve(map.size());
    for (const auto& [key, value] : map) out.push_back(key);
    return out;
}

}  // namespace signalbox::estate
