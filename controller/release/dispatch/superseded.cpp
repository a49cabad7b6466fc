// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/superseded.hpp"

#include <algorithm>

#include "controller/release/sequence/sequence.hpp"

namespace signalbox::dispatch {

const HostPlacement* taken_over(const Loaded& release, const AgentId& agent, const std::string& service,
                                const Placements& placements) {
    const auto now = std::find_if(
        placements.hosts.begin(), placements.hosts.end(),
        [&](const HostPlacement& host) { return host.agent_id == agent && host.service == service; });
    if (now == placements.hosts.end() || now->release_id == release.spec->id) return nullptr;
    const bool as_before =
        std::find(release.before.begin(), release.before.end(), *now) != release.before.end();
    return as_before ? nullptr : &*now;
}

std::optional<Superseded> superseded(const Loaded& release, const sequence::ReleaseState& state,
                                     const Placements& placements) {
    const std::size_t stage = sequence::undo_stage(state);
    const sequence::Index& index = *state.index;
    const auto [begin, end] = index.steps(stage, true);
    for (sequence::StepIndex i = begin; i < end; ++i) {
        const sequence::StepSpec& undo = *index[i].spec;
        const bool due =
            state.steps[index[i].other].ran && state.steps[i].status != sequence::StepStatus::succeeded;
        if (!due) continue;
        // What it runs for: one host, or (a shift between colours) every host of its lane.
        for (const plan::PlanStep& step : release.plan.environments.at(stage).steps) {
            if (step.kind != "release.activate" || step.service != undo.service || step.group != undo.group)
                continue;
            if (!undo.target.empty() && step.target != undo.target) continue;
            const HostPlacement* other = taken_over(release, step.agent_id, step.service, placements);
            if (other != nullptr) return Superseded{other->release_id, step.host};
        }
    }
    return {};
}

}  // namespace signalbox::dispatch
