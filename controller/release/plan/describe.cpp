// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controller/release/plan/compile.hpp"

namespace signalbox::plan {
namespace {

std::string describe(const PlanGroup& group) {
    if (group.strategy == "blue_green") {
        return fmt::format("  {}: blue_green, {} serves now; {} gets the release, then the traffic: {}\n",
                           group.name, group.live, group.idle, fmt::join(group.hosts, ", "));
    }
    return fmt::format("  {}: in_place, {} at a time; each host is out of service while it changes: {}\n",
                       group.name, group.batch, fmt::join(group.hosts, ", "));
}

}  // namespace

std::string describe(const Plan& plan) {
    std::string out =
        fmt::format("{}: {} {} from {}\n", plan.release_id.str(), plan.service, plan.version, plan.manifest);
    for (const auto& stage : plan.environments) {
        out += fmt::format("{} ({}), at most {} steps in flight, {} steps, {} to undo them\n", stage.name,
                           stage.tier, stage.max_in_flight, stage.steps.size(), stage.undo.size());
        for (const auto& group : stage.groups) out += describe(group);
        if (!stage.barrier.empty()) {
            out += fmt::format("  barrier: all of them are prepared before any switches; order: {}\n",
                               fmt::join(stage.barrier, ", "));
        }
        for (const Phase phase : {Phase::prepare, Phase::switch_over, Phase::verify}) {
            std::vector<std::string> names;
            for (const auto& step : stage.steps) {
                if (step.phase == phase) names.push_back(step.id.str());
            }
            if (!names.empty()) out += fmt::format("  {}: {}\n", to_string(phase), fmt::join(names, ", "));
        }
    }
    if (!plan.undo_on_failure) out += "on failure: halt, and undo nothing by itself\n";
    return out;
}

}  // namespace signalbox::plan
