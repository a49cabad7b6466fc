// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/view.hpp"

#include "controller/estate/estate_service.hpp"
#include "controller/release/sequence/names.hpp"

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
    out.set_service(spec.service);
    out.set_target(spec.target);
    out.set_ready(time_text(step.ready));
    out.set_not_before(time_text(step.not_before));
    out.set_token_expires(time_text(step.token_expires));
    out.set_max_attempts(static_cast<std::uint32_t>(spec.max_attempts));
}

// A breaker that never opened has nothing to tell.
void add_breaker(v1::ReleaseInfo& info, const std::string& of, const sequence::Breaker& breaker,
                 const sequence::BreakerSpec& spec) {
    if (breaker.status == sequence::BreakerStatus::closed && breaker.why.empty()) return;
    v1::BreakerInfo& out = *info.add_breakers();
    out.set_of(of);
    out.set_status(std::string(sequence::to_string(breaker.status)));
    out.set_why(breaker.why);
    out.set_opened(time_text(breaker.opened));
    if (breaker.status == sequence::BreakerStatus::open) {
        out.set_tries_at(to_rfc3339(breaker.opened + std::chrono::seconds(spec.half_open_after_s)));
    }
    if (breaker.status == sequence::BreakerStatus::half_open)
        out.set_tries(sequence::half_open_words(breaker));
}

void add_breakers(v1::ReleaseInfo& info, const sequence::ReleaseState& state, const sequence::State& all) {
    add_breaker(info, "release", state.breaker, state.spec->breaker);
    if (state.ended()) return;  // its environment's is no longer its own
    const auto shared = all.breakers.find(state.current().name);
    if (shared != all.breakers.end())
        add_breaker(info, shared->first, shared->second, state.current().breaker);
}

// It ended with its window, and nothing had been started.
bool expired(const sequence::ReleaseState& state) {
    if (!state.ended() || state.final_status != sequence::ReleaseStatus::failed) return false;
    if (state.finished < state.spec->not_after) return false;
    for (std::size_t i = 0; i < state.steps.size(); ++i) {
        if (state.steps[i].attempt > 0) return false;
    }
    return true;
}

void add_terms(v1::ReleaseInfo& info, const sequence::ReleaseState& state) {
    const sequence::ReleaseSpec& spec = *state.spec;
    info.set_priority(std::string(sequence::to_string(spec.priority)));
    info.set_overrun(std::string(sequence::to_string(spec.overrun)));
    info.set_not_before(to_rfc3339(spec.not_before));
    info.set_not_after(to_rfc3339(spec.not_after));
    info.set_undo_not_after(to_rfc3339(spec.undo_not_after));
    info.set_expired(expired(state));
    for (const sequence::LeftOut& host : state.left_out) {
        v1::LeftOutHost& out = *info.add_left_out();
        out.set_service(host.service);
        out.set_group(host.group);
        out.set_host(host.host);
        out.set_why(host.why);
    }
    for (const sequence::StageSpec& stage : spec.stages) {
        for (const sequence::ClosedSpec& closed : stage.closed) {
            v1::ClosedTime& out = *info.add_closed();
            out.set_environment(stage.name);
            out.set_name(closed.name);
            out.set_from(to_rfc3339(closed.when.from));
            out.set_to(to_rfc3339(closed.when.to));
        }
    }
}

}  // namespace

v1::ReleaseInfo view(const Loaded& release, const sequence::ReleaseState& state, const sequence::State& all,
                     Instant now, bool with_steps) {
    v1::ReleaseInfo out;
    out.set_release_id(release.spec->id.str());
    out.set_service(release.spec->name);
    out.set_name(release.spec->name);
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
    for (const plan::PlanService& service : release.plan.services) {
        v1::ServiceVersion& one = *out.add_services();
        one.set_service(service.name);
        one.set_version(service.version);
    }
    for (const plan::PlanEnvironment& environment : release.plan.environments) {
        if (environment.barrier.empty()) continue;
        v1::BarrierInfo& barrier = *out.add_barriers();
        barrier.set_environment(environment.name);
        for (const std::string& group : environment.barrier) barrier.add_groups(group);
    }
    add_terms(out, state);
    add_breakers(out, state, all);
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

v1::GetThrottleResponse view(const std::vector<sequence::ScopeView>& scopes, Instant now) {
    v1::GetThrottleResponse out;
    out.set_now(to_rfc3339(now));
    const auto add = [](v1::ThrottledStep& to, const sequence::ScopeView::Step& step) {
        to.set_release_id(step.release.str());
        to.set_step_id(step.step.str());
        to.set_why(step.why);
    };
    for (const sequence::ScopeView& scope : scopes) {
        v1::ThrottleScope& one = *out.add_scopes();
        one.set_scope(scope.scope);
        one.set_limited(scope.hard_cap > 0);
        one.set_limit(static_cast<std::uint32_t>(scope.limit));
        one.set_hard_cap(static_cast<std::uint32_t>(scope.hard_cap));
        one.set_peak(scope.peak);
        for (const auto& step : scope.holding) add(*one.add_holding(), step);
        for (const auto& step : scope.waiting) add(*one.add_waiting(), step);
    }
    return out;
}

v1::EstateProblem view(const estate::Problem& problem) {
    return estate::to_message(problem);
}

}  // namespace signalbox::dispatch
