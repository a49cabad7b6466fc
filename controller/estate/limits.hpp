// SPDX-License-Identifier: Apache-2.0
// What holds releases back: how many steps at once, when, and after how many failures no more. Values.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "controller/estate/problem.hpp"

namespace signalbox::estate {

using Seconds = std::chrono::seconds;

// How many steps may be under way in one scope.
struct Cap {
    int max_in_flight = 1;
    int hard_cap = 1;        // for emergencies; at least max_in_flight
    std::string peak_hours;  // calendar::parse_weekly_hours reads them; empty: none
    int peak_max_in_flight = 1;
    Position at;
};

// throttles/*.yaml: what no environment, service or pool can say.
struct Throttle {
    std::optional<Cap> global;
    std::map<std::string, Cap> sites;
    Position at;
};

// 0 of a number: it does not count.
struct Breaker {
    int failures = 0;
    int rate_percent = 0;
    int rate_of = 10;
    Seconds window{600};
    Seconds half_open_after{300};
};

}  // namespace signalbox::estate
