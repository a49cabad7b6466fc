// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/colour_weights.hpp"

#include <algorithm>

namespace signalbox::estate {

std::optional<ColourWeights> colour_weights(int weight, std::size_t live_servers, std::size_t idle_servers,
                                            int percent) {
    if (percent <= 0) return ColourWeights{weight, 0};
    if (percent >= 100) return ColourWeights{0, weight};
    // A colour's traffic is its weight times its servers: so that of a server is its colour's share, shared
    // among them, and the colour with fewer servers has the larger.
    const auto live = static_cast<std::int64_t>(live_servers);
    const auto idle = static_cast<std::int64_t>(idle_servers);
    const std::int64_t whole = 100 * std::max(live, idle);
    const auto scaled = [&](std::int64_t share) {
        return static_cast<int>((share * weight + whole / 2) / whole);
    };
    const ColourWeights out{scaled((100 - percent) * idle), scaled(percent * live)};
    if (out.live < 1 || out.idle < 1) return std::nullopt;
    return out;
}

}  // namespace signalbox::estate
