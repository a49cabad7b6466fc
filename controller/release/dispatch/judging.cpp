// SPDX-License-Identifier: Apache-2.0
// The engine's gates: what they look at, and when they are judged.
#include <algorithm>
#include <set>

#include "controller/release/dispatch/documents.hpp"
#include "controller/release/dispatch/engine.hpp"

namespace signalbox::dispatch {
namespace {

bool waits_for_gates(const sequence::ReleaseState& release) {
    return release.course == sequence::Course::forward && !release.open && !release.halted;
}

// How many releases back an earlier promotion is looked for.
constexpr std::size_t kPromotionsBack = 200;

}  // namespace

void Engine::judge_soon() {
    if (judge_posted_) return;
    judge_posted_ = true;
    parts_.strand.post([weak = std::weak_ptr(self_)] {
        if (const auto self = weak.lock()) (*self)->judge();
    });
}

void Engine::judge() {
    judge_posted_ = false;
    see_replaced();
    std::vector<ReleaseId> waiting;
    for (const auto& [id, release] : state_.releases) {
        if (waits_for_gates(release)) waiting.push_back(id);
    }
    for (const ReleaseId& id : waiting) {
        const auto found = state_.releases.find(id);
        if (found == state_.releases.end() || !waits_for_gates(found->second)) continue;
        const sequence::ReleaseState& release = found->second;
        const Loaded& loaded = loaded_.at(id);
        const std::string stage = release.current().name;
        const ApprovalDocument* document = loaded.approval(stage);
        auto verdicts = judge(loaded.plan, stage, facts_of(*document, withdrawn(loaded, stage)),
                              {loaded.spec->created, loaded.spec->not_before, loaded.spec->not_after,
                               loaded.spec->undo_not_after},
                              release.stage == 0 ? std::optional<bool>() : true);
        if (!verdicts) {
            parts_.log.error("gates could not be judged", {{"release", id}, {"error", verdicts.error()}});
            continue;
        }
        const auto old = release.gates.find(stage);
        if (old != release.gates.end() && old->second == *verdicts) continue;
        feed(sequence::GatesJudged{id, stage, loaded.spec->plan_sha256, *std::move(verdicts)});
    }
    parts_.strand.cancel(judge_timer_);
    judge_timer_ = async::TimerId::none;
    if (waiting.empty()) return;
    judge_timer_ = parts_.strand.post_at(parts_.clock.now() + kJudgeEvery, [weak = std::weak_ptr(self_)] {
        if (const auto self = weak.lock()) (*self)->judge();
    });
}

Result<std::vector<sequence::Verdict>> Engine::preview(const plan::Plan& plan,
                                                       const plan::PlanEnvironment& environment,
                                                       const StartTerms& terms,
                                                       const gate::ApprovalFacts& approval) {
    const bool first = plan.environments.front().name == environment.name;
    return judge(plan, environment.name, approval, terms, first ? std::optional<bool>() : false);
}

Result<std::vector<sequence::Verdict>> Engine::judge(const plan::Plan& plan, const std::string& stage,
                                                     const gate::ApprovalFacts& approval,
                                                     const StartTerms& terms,
                                                     std::optional<bool> previous_succeeded) {
    const plan::PlanEnvironment& environment = *plan.environment(stage);
    gate::Inputs inputs{
        plan, environment, parts_.trust.current(), approval, terms.not_before, terms.not_after, {},
        {},   {},          previous_succeeded};
    for (const auto* list : {&environment.steps, &environment.undo}) {
        for (const plan::PlanStep& step : *list) {
            const auto view = parts_.agents.info(step.agent_id);
            if (view) inputs.agents[step.agent_id] = {view->state, view->online, view->problem};
        }
    }
    SB_TRY(const Placements placements, parts_.store.placements());
    for (const LiveColour& live : placements.colours) {
        inputs.placements.push_back({live.environment, live.service, live.group, live.colour});
    }
    if (!environment.promotes_from.empty() && plan.environment(environment.promotes_from) == nullptr) {
        SB_TRY(inputs.promotions, promotions(plan));
    }
    return gate::judge_all(parts_.gates, inputs, now());
}

Result<std::vector<gate::Promotion>> Engine::promotions(const plan::Plan& plan) {
    SB_TRY(const std::vector<StoredRelease> stored, parts_.store.list(kPromotionsBack));
    std::vector<gate::Promotion> out;
    for (const StoredRelease& release : stored) {
        const bool related =
            std::any_of(plan.services.begin(), plan.services.end(), [&](const plan::PlanService& s) {
                return std::find(release.fixed.services.begin(), release.fixed.services.end(), s.name) !=
                       release.fixed.services.end();
            });
        if (!related || release.fixed.id == plan.release_id) continue;
        SB_TRY(const Loaded loaded, load(release.fixed));
        SB_TRY(const sequence::ReleaseState state, load_state(release, loaded));
        for (std::size_t i = 0; i < loaded.plan.environments.size(); ++i) {
            const bool last_one = i == state.stage && state.status() == sequence::ReleaseStatus::succeeded;
            if (i >= state.stage && !last_one) break;
            const plan::PlanEnvironment& environment = loaded.plan.environments[i];
            out.push_back({environment.name, release.fixed.id, gate::artifacts_of(environment)});
        }
    }
    return out;
}

}  // namespace signalbox::dispatch
