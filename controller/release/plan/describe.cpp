// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controller/release/plan/compile.hpp"

namespace signalbox::plan {
namespace {

std::string how(const PlanGroup& group) {
    if (group.strategy == "blue_green") {
        return fmt::format("blue_green, {} serves now; {} gets the release, then the traffic", group.live,
                           group.idle);
    }
    if (group.strategy == "canary") {
        return fmt::format("canary, {} serves now; {} gets the release, then {}% of the traffic", group.live,
                           group.idle, fmt::join(group.percents, "%, "));
    }
    return fmt::format("{}, {} at a time; each host is out of service while it changes", group.strategy,
                       group.batch);
}

std::string absent(const PlanGroup& group) {
    switch (group.offline) {
        case Offline::wait:
            return {};
        case Offline::skip:
            return fmt::format("; absent hosts are skipped after {}, and {} of {} must be released",
                               format_duration(group.offline_after), group.quorum, group.hosts.size());
        case Offline::fail:
            return fmt::format("; a host that is absent for {} fails it",
                               format_duration(group.offline_after));
    }
    return {};
}

std::string describe(const PlanEnvironment& stage, bool many) {
    std::string out;
    const PlanCap& cap = stage.caps.at("environment:" + stage.name);
    out += fmt::format("{} ({}), at most {} steps in flight, {} steps, {} to undo them\n", stage.name,
                       stage.tier, cap.max_in_flight, stage.steps.size(), stage.undo.size());
    for (const auto& group : stage.groups) {
        out += fmt::format("  {}{}: {}{}: {}\n", many ? group.service + "/" : "", group.name, how(group),
                           absent(group), fmt::join(group.hosts, ", "));
    }
    if (!stage.barrier.empty()) {
        out += fmt::format("  barrier: all of them are prepared before any switches; order: {}\n",
                           fmt::join(stage.barrier, ", "));
    }
    for (const Phase phase : {Phase::prepare, Phase::switch_over, Phase::verify}) {
        std::vector<std::string_view> names;
        for (const auto& step : stage.steps) {
            if (step.phase == phase) names.push_back(step.id.str());
        }
        if (!names.empty()) out += fmt::format("  {}: {}\n", to_string(phase), fmt::join(names, ", "));
    }
    return out;
}

}  // namespace

std::string describe(const Plan& plan) {
    std::string out =
        fmt::format("{}: {} {} from {}\n", plan.release_id.str(), plan.name, plan.version, plan.manifest);
    const bool many = plan.services.size() > 1;
    for (const auto& service : plan.services) {
        if (many) out += fmt::format("  {} {}\n", service.name, service.version);
    }
    for (const auto& stage : plan.environments) out += describe(stage, many);
    if (!plan.undo_on_failure) out += "on failure: halt, and undo nothing by itself\n";
    return out;
}

}  // namespace signalbox::plan
