// SPDX-License-Identifier: Apache-2.0
// How a release changes one group of hosts. Values.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "controller/estate/limits.hpp"
#include "controller/estate/problem.hpp"

namespace signalbox::estate {

// "3" or "25%".
struct Share {
    int number = 0;
    bool percent = false;
    Position at;
};

struct CanaryStep {
    int percent = 100;  // of the traffic
    Seconds pause{0};   // before what comes next
    bool check = false;
    Position at;
};

struct Strategy {
    std::string group;
    std::string kind;                 // in_place rolling blue_green canary
    Located<std::string> traffic;     // empty value: none
    std::optional<int> max_attempts;  // in place of the defaults
    std::string offline = "wait";     // wait skip fail
    Seconds offline_after{300};
    std::optional<Share> quorum;  // skip
    Seconds progress_deadline{0};

    // in_place, rolling
    Share batch{1, false, {}};

    // rolling
    std::optional<Share> min_healthy;  // a percentage: of the hosts, in service at any time
    Seconds min_healthy_time{0};       // how long a host must be healthy without a break
    std::optional<Seconds> healthy_deadline;

    // blue_green, canary
    Seconds watch{0};               // how long the new colour must hold before the release is over
    bool retire = false;            // the old colour is stopped then …
    Seconds keep{0};                // … so long after
    std::vector<CanaryStep> steps;  // canary: rising, the last is 100 %

    Position at;

    [[nodiscard]] bool colours() const { return kind == "blue_green" || kind == "canary"; }
};

}  // namespace signalbox::estate
