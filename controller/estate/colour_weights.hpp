// SPDX-License-Identifier: Apache-2.0
// The weights that give each of two colours its share of the traffic. Pure.
#pragma once

#include <optional>

#include "controller/estate/model.hpp"

namespace signalbox::estate {

// Of every server of the colour.
struct ColourWeights {
    int live = 0;
    int idle = 0;
    friend bool operator==(const ColourWeights&, const ColourWeights&) = default;
};

// The idle colour gets `percent` of the traffic and the live one the rest, whatever the numbers of their
// servers; neither weight exceeds `weight`. Nothing when whole numbers up to `weight` cannot say so: one
// colour would have to have less than 1.
[[nodiscard]] std::optional<ColourWeights> colour_weights(int weight, std::size_t live_servers,
                                                          std::size_t idle_servers, int percent);

}  // namespace signalbox::estate
