// SPDX-License-Identifier: Apache-2.0
// The words of a plan, and how to find things in it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "controller/release/plan/plan.hpp"

namespace signalbox::plan {
namespace {

constexpr std::array<std::string_view, 3> kPhases{"prepare", "switch", "verify"};
constexpr std::array<std::string_view, 3> kOffline{"wait", "skip", "fail"};
constexpr std::array<std::string_view, 2> kPriorities{"normal", "emergency"};
constexpr std::array<std::string_view, 3> kOverruns{"finish", "stop", "undo"};

template <class Enum, std::size_t N>
Result<Enum> parse(std::string_view what, std::string_view text,
                   const std::array<std::string_view, N>& words) {
    const auto it = std::find(words.begin(), words.end(), text);
    if (it != words.end()) return static_cast<Enum>(it - words.begin());
    return Error{Code::invalid_argument, fmt::format("{} is none of {}", what, fmt::join(words, ", "))};
}

const auto* find_named(auto& all, std::string_view name) {
    const auto it = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
    return it == all.end() ? nullptr : &*it;
}

}  // namespace

std::string_view to_string(Phase phase) {
    return kPhases.at(static_cast<std::size_t>(phase));
}
Result<Phase> parse_phase(std::string_view text) {
    return parse<Phase>("phase", text, kPhases);
}
std::string_view to_string(Offline offline) {
    return kOffline.at(static_cast<std::size_t>(offline));
}
Result<Offline> parse_offline(std::string_view text) {
    return parse<Offline>("offline", text, kOffline);
}
std::string_view to_string(Priority priority) {
    return kPriorities.at(static_cast<std::size_t>(priority));
}
Result<Priority> parse_priority(std::string_view text) {
    return parse<Priority>("priority", text, kPriorities);
}
std::string_view to_string(Overrun overrun) {
    return kOverruns.at(static_cast<std::size_t>(overrun));
}
Result<Overrun> parse_overrun(std::string_view text) {
    return parse<Overrun>("overrun", text, kOverruns);
}

const PlanEnvironment* Plan::environment(std::string_view name_of_it) const {
    return find_named(environments, name_of_it);
}
const PlanService* Plan::service(std::string_view name_of_it) const {
    return find_named(services, name_of_it);
}
const PlanStep* Plan::step(const StepId& id) const {
    for (const auto& environment : environments) {
        for (const auto* list : {&environment.steps, &environment.undo}) {
            for (const auto& candidate : *list) {
                if (candidate.id == id) return &candidate;
            }
        }
    }
    return nullptr;
}

}  // namespace signalbox::plan
