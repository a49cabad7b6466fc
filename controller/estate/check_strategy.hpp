// SPDX-License-Identifier: Apache-2.0
// A strategy against the service and the environment that it is for. Pure.
#pragma once

#include "controller/estate/model.hpp"

namespace signalbox::estate {

// What the service must have for it: a way to be stopped, time enough to hold.
void check_strategy(const Release& release, const Service& service, const Strategy& strategy,
                    Problems& problems);
// Colours of the traffic: each has its servers, and weights can say every share of a canary.
void check_colours(const Environment& stage, const Traffic& traffic, const Strategy& strategy,
                   Problems& problems);

}  // namespace signalbox::estate
