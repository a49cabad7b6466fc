// SPDX-License-Identifier: Apache-2.0
// An estate and its releases by chance: small, and of every kind that a plan can have. For tests only.
#pragma once

#include <random>

#include "design.hpp"

namespace signalbox::scenario {

[[nodiscard]] Design random_design(std::mt19937_64& random);

}  // namespace signalbox::scenario
