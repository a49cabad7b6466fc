// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/view.hpp"

namespace signalbox::dispatch {
namespace {

std::string time_text(Instant when) {
    return when == Instant{} ? "" : to_rfc3339(when);
}

void add_step(v1::ReleaseInfo& info, const sequence::StageSpec& stage, const sequence::StepSpec& spec,
              const sequence::ReleaseState& state, const sequence::State& all, Instant now) {
    const sequence::StepState& step = state.step(spec.id);
    v1::StepInfo& out = *info.add_steps();
    out.set_id(spec.id.str());
    out.set_environment(stage.name);
    out.set_group(spec.group);
    out.set_host(spec.host);
    out.set_phase(spec.phase);
    out.set_kind(spec.kind);
    out.set_status(std::string(sequence::to_string(step.status)));
    out.set_attempt(static_cast<std::uint32_t>(step.attempt));
    out.set_detail(step.detail);
    out.set_started(time_text(step.started));
    out.set_finished(time_text(step.finished));
    out.set_undo(!spec.undo_of.empty());
    out.set_why(sequence::explain(all, state, spec, now));
    out.set_deadline_s(static_cast<std::uint32_t>(spec.deadline_s));
}

}  // namespace

v1::ReleaseInfo view(const Loaded& release, const sequence::ReleaseState& state, const sequence::State& all,
                     Instant now, bool with_steps) {
    v1::ReleaseInfo out;
    out.set_release_id(release.spec->id.str());
    out.set_service(release.spec->name);
    out.set_version(release.spec->version);
    out.set_status(std::string(sequence::to_string(state.status())));
    out.set_environment(state.current().name);
    out.set_requester(release.spec->requester);
    out.set_created(to_rfc3339(release.spec->created));
    out.set_finished(time_text(state.finished));
    out.set_reason(state.reason);
    out.set_revision(state.revision);
    out.set_plan_sha256(release.spec->plan_sha256);
    out.set_change(release.plan.change);
    for (const std::string& ticket : release.plan.tickets) out.add_tickets(ticket);
    for (const std::string& name : state.not_undone) out.add_not_undone(name);
    for (const sequence::StageSpec& stage : release.spec->stages) {
        const auto gates = state.gates.find(stage.name);
        if (gates == state.gates.end()) continue;
        for (const sequence::Verdict& verdict : gates->second) *out.add_gates() = view(stage.name, verdict);
    }
    if (!with_steps) return out;
    for (const sequence::StageSpec& stage : release.spec->stages) {
        for (const auto* list : {&stage.steps, &stage.undo}) {
            for (const sequence::StepSpec& spec : *list) add_step(out, stage, spec, state, all, now);
        }
    }
    return out;
}

v1::Block view(const std::string& environment, const sequence::Verdict& verdict) {
    v1::Block out;
    out.set_environment(environment);
    out.set_gate(verdict.gate);
    out.set_verdict(std::string(sequence::to_string(verdict.outcome)));
    out.set_reason(verdict.reason);
    out.set_remedy(verdict.remedy);
    return out;
}

v1::EstateProblem view(const estate::Problem& problem) {
    v1::EstateProblem out;
    out.set_file(problem.at.file);
    out.set_line(static_cast<std::uint32_t>(problem.at.line));
    out.set_column(static_cast<std::uint32_t>(problem.at.column));
    out.set_message(problem.message);
    out.set_remedy(problem.remedy);
    out.set_warning(problem.warning);
    return out;
}

}  // namespace signalbox::dispatch
