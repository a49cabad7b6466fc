// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/check_strategy.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/estate/colour_weights.hpp"

namespace signalbox::estate {
namespace {

constexpr int kHighestWeight = 256;

// The lowest weight with which every step of the canary can be said, whichever colour is live; 0: none.
int weight_for(const Traffic& traffic, const CanaryStep& step) {
    const std::size_t blue = traffic.servers.at("blue").size();
    const std::size_t green = traffic.servers.at("green").size();
    for (int weight = 1; weight <= kHighestWeight; ++weight) {
        if (colour_weights(weight, blue, green, step.percent) &&
            colour_weights(weight, green, blue, step.percent))
            return weight;
    }
    return 0;
}

void check_shares(const Environment& stage, const Traffic& traffic, const Strategy& strategy,
                  Problems& problems) {
    for (const auto& step : strategy.steps) {
        const int needed = weight_for(traffic, step);
        if (needed > 0 && needed <= traffic.weight) continue;
        problems.push_back(
            {step.at,
             fmt::format("the weight {} of traffic '{}' of '{}' is too small for {}%", traffic.weight,
                         traffic.name, stage.name, step.percent),
             needed == 0 ? "Begin with a larger share: no weight up to 256 says this one"
                         : fmt::format("Write 'weight: {}' or more there, or a larger share here", needed)});
    }
}

}  // namespace

void check_strategy(const Release& release, const Service& service, const Strategy& strategy,
                    Problems& problems) {
    if (strategy.retire && !service.stop) {
        problems.push_back(
            {strategy.at,
             fmt::format("'{}' retires the old colour, and service '{}' has no 'stop'", strategy.group,
                         service.name),
             fmt::format("Add 'stop: {{argv: [systemctl, stop, {}]}}' and 'start' to the service, or remove "
                         "'retire'",
                         service.name)});
    }
    const Seconds hold = std::max({strategy.watch, strategy.min_healthy_time,
                                   strategy.healthy_deadline.value_or(Seconds(0)) - Seconds(1)});
    if (release.step_deadline && *release.step_deadline <= hold) {
        problems.push_back(
            {strategy.at,
             fmt::format("the checks of '{}' take longer than {}, and 'deadline' of the release is {}",
                         strategy.group, format_duration(hold), format_duration(*release.step_deadline)),
             "Raise 'deadline', or lower 'watch', 'min_healthy_time' or 'healthy_deadline'"});
    }
}

void check_colours(const Environment& stage, const Traffic& traffic, const Strategy& strategy,
                   Problems& problems) {
    const auto problem = [&](std::string message, std::string remedy) {
        problems.push_back({traffic.at, std::move(message), std::move(remedy)});
    };
    bool both = true;
    for (const auto& colour : {"blue", "green"}) {
        const auto it = traffic.servers.find(colour);
        if (it != traffic.servers.end() && !it->second.empty()) continue;
        both = false;
        problem(fmt::format("traffic '{}' of '{}' has no server for {}, and '{}' is released {}",
                            traffic.name, stage.name, colour, strategy.group, strategy.kind),
                fmt::format("Add '{}: <server>' to its 'servers'", colour));
    }
    for (const auto& [key, servers] : traffic.servers) {
        if (key == "blue" || key == "green") continue;
        problem(fmt::format("traffic '{}' of '{}' has a server for '{:.40}', which is no colour",
                            traffic.name, stage.name, key),
                fmt::format("A {} traffic has servers for blue and green only", strategy.kind));
    }
    if (traffic.live.value.empty()) {
        problem(
            fmt::format("traffic '{}' of '{}' does not say which colour is live", traffic.name, stage.name),
            "Add 'live: blue' or 'live: green': the one that serves before the first release");
    }
    if (both) check_shares(stage, traffic, strategy, problems);
}

}  // namespace signalbox::estate
