// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/apply.hpp"

#include <algorithm>

#include "controller/release/sequence/editor.hpp"
#include "controller/release/sequence/outcome.hpp"
#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/sequence.hpp"

namespace signalbox::sequence {
namespace {

// What other unfinished releases know of the presence of this one's agents.
void adopt_presence(const State& state, ReleaseState& release, Instant now) {
    Editor editor(release, now);
    const auto& agents = release.index->agents();
    for (std::uint32_t i = 0; i < agents.size(); ++i) {
        const bool online = std::any_of(state.releases.begin(), state.releases.end(), [&](const auto& other) {
            return &other.second != &release && !other.second.ended() && other.second.is_online(agents[i]);
        });
        editor.set_online(i, online);
        editor.set_gone(i, false);  // whoever was banned is said to be so again
    }
}

// Why it goes back or ends stays known, whoever holds it up on the way.
void add_reason(ReleaseState& release, std::string what) {
    const bool keep = release.course != Course::forward && !release.reason.empty();
    release.reason = keep ? release.reason + "; " + std::move(what) : std::move(what);
}

class Applier {
  public:
    Applier(State& state, Instant now) : state_(state), now_(now) {}

    void operator()(const ReleaseStarted& e) const {
        const auto [added, fresh] = state_.releases.try_emplace(e.spec->id);
        if (!fresh) return;
        added->second = make_release_state(e.spec);
        adopt_presence(state_, added->second, now_);
    }

    void operator()(const GatesJudged& e) const {
        ReleaseState* release = unfinished(e.release);
        if (release == nullptr || release->halted || release->open || release->course != Course::forward)
            return;
        if (e.environment != release->current().name || e.plan_sha256 != release->spec->plan_sha256) return;
        release->gates[e.environment] = e.verdicts;
    }

    void operator()(const AgentSeen& e) const {
        for (auto& [id, release] : state_.releases) {
            const std::uint32_t agent = release.index->agent(e.agent);
            if (release.ended() || agent == kNone) continue;
            Editor editor(release, now_);
            editor.set_online(agent, e.online);
            editor.set_gone(agent, e.gone && !e.online);
            for (const StepIndex i : release.index->on_agent(agent)) {
                const StepState& step = release.steps[i];
                const bool queued = step.status == StepStatus::dispatched && !step.sent;
                if (queued && !e.online) {
                    editor.update(i, [](StepState& s) { s.status = StepStatus::ready; });
                } else if (!queued && (flying(step) || step.status == StepStatus::unknown)) {
                    editor.update(i, [&](StepState& s) { ask_from(s, now_); });
                }
            }
        }
    }

    void operator()(const TokenMinted& e) const {
        const auto at = find(e.release, e.step);
        if (!at) return;
        const StepState& step = at->step();
        if (step.attempt != e.attempt || step.status != StepStatus::dispatched) return;
        if (at->release.halted || step.sent || !course_wants(at->release, at->spec())) return;
        const Instant by = run_by(at->spec(), e.expires);
        Editor(at->release, now_).update(at->index, [&](StepState& s) {
            s.minted = s.sent = true;
            s.fresh_token = false;
            s.token_expires = e.expires;
            s.ask_at = now_ + kAnswerWithin;
            s.give_up_at = std::max(s.give_up_at, by);
            s.detail.clear();
        });
    }

    void operator()(const ExecuteAnswered& e) const {
        const auto at = find(e.release, e.step);
        if (!at) return;
        const StepState& step = at->step();
        if (step.attempt != e.attempt || !step.attempt_open) return;
        Editor editor(at->release, now_);
        if (e.answer == Answer::admitted) {
            if (!step.minted) return;
            if (!flying(step) && step.status != StepStatus::unknown && step.status != StepStatus::ready)
                return;
            admit(*at, now_);
            return editor.update(at->index, [](StepState& s) { s.asking = false; });
        }
        // A refusal while it runs answers an order that came twice.
        if (step.status != StepStatus::dispatched) return;
        editor.update(at->index, [&](StepState& s) {
            s.detail =
                e.answer == Answer::refused ? e.code + (e.detail.empty() ? "" : ": " + e.detail) : e.detail;
        });
        if (e.answer == Answer::refused) return refuse(*at, e.code, e.detail, now_);
        editor.update(at->index, [&](StepState& s) {
            ++s.setbacks;
            if (s.sent) return ask_from(s, now_ + backoff(s.setbacks));
            s.status = StepStatus::ready;
            s.not_before = now_ + backoff(s.setbacks);
        });
    }

    void operator()(const StepReported& e) const {
        const auto at = find(e.release, e.step);
        if (!at) return;
        const StepState& step = at->step();
        if (step.attempt != e.attempt || !step.attempt_open || !step.minted) return;
        if (e.report == Report::started) return admit(*at, now_);
        conclude(*at, e.report == Report::interrupted ? "interrupted" : e.code, e.detail, now_);
    }

    void operator()(const QueryAnswered& e) const {
        const auto at = find(e.release, e.step);
        if (!at) return;
        const StepState& step = at->step();
        if (!step.attempt_open || (!flying(step) && step.status != StepStatus::unknown)) return;
        const bool mine = e.attempt == step.attempt;
        Editor editor(at->release, now_);
        if (e.found == Found::running && mine) {
            admit(*at, now_);
            const auto deadline = std::chrono::seconds(at->spec().deadline_s);
            editor.update(at->index, [&](StepState& s) {
                s.asking = false;
                s.ask_at = std::max(now_, s.started + deadline) + kAnswerWithin;
                s.give_up_at = std::max(s.give_up_at, s.ask_at + kGrace);
            });
        } else if (e.found == Found::done && mine) {
            conclude(*at, e.code, {}, now_);
        } else if (!step.asking || e.ask != step.asks) {
            return;
        } else if (e.found == Found::unavailable || (e.found == Found::running && !mine)) {
            editor.update(at->index, [&](StepState& s) { s.ask_at = now_ + kAskAgain; });
        } else {
            never_ran(*at, e.token_dead, now_);
        }
    }

    void operator()(const Command& e) const {
        if (!allowed(state_, e, now_)) return;
        ReleaseState& release = state_.releases.at(e.release);
        const std::string why = e.reason.empty() ? "" : ": " + e.reason;
        release.halted = e.kind == CommandKind::halt;
        switch (e.kind) {
            case CommandKind::halt:
                add_reason(release, "halted by " + e.by + why);
                if (!release.open && release.course == Course::forward)
                    release.gates.erase(release.current().name);
                break;
            case CommandKind::resume:
                add_reason(release, "resumed by " + e.by + why);
                for (auto& [lane, since] : release.progress) since = now_;
                return;
            case CommandKind::abort:
                Editor(release, now_).set_course(Course::winding_down_to_abort);
                release.reason = "aborted by " + e.by + why;
                break;
            case CommandKind::undo:
                if (release.ended()) adopt_presence(state_, release, now_);
                Editor(release, now_).set_course(Course::winding_down_to_undo);
                release.by_person = true;
                release.finished = Instant{};
                release.reason = "undone by " + e.by + why;
                break;
        }
        recall(release, now_);
    }

    void operator()(const Tick&) const {}

    void operator()(const ControllerStarted&) const {
        for (auto& [id, release] : state_.releases) {
            if (release.ended()) continue;
            Editor editor(release, now_);
            for (std::uint32_t agent = 0; agent < release.index->agents().size(); ++agent)
                editor.set_online(agent, false), editor.set_gone(agent, false);
            const Bits active = release.tracking.active;
            active.for_each([&, &release = release](std::size_t i) {
                const auto at = static_cast<StepIndex>(i);
                const StepState& step = release.steps[at];
                if (step.status == StepStatus::dispatched && !step.sent) {
                    editor.update(at, [](StepState& s) { s.status = StepStatus::ready; });
                } else if (flying(step)) {
                    editor.update(at, [&](StepState& s) { ask_from(s, now_); });
                }
            });
        }
    }

  private:
    [[nodiscard]] ReleaseState* unfinished(const ReleaseId& id) const {
        const auto found = state_.releases.find(id);
        return found == state_.releases.end() || found->second.ended() ? nullptr : &found->second;
    }
    [[nodiscard]] std::optional<StepAt> find(const ReleaseId& id, const StepId& step_id) const {
        ReleaseState* release = unfinished(id);
        if (release == nullptr) return {};
        const StepIndex i = release->index->find(step_id);
        if (i == kNone) return {};
        return StepAt{state_, *release, i};
    }

    State& state_;
    Instant now_;
};

}  // namespace

void apply(State& state, const Event& event, Instant now) {
    std::visit(Applier(state, now), event);
}

void recall(ReleaseState& release, Instant now) {
    Editor editor(release, now);
    const Bits active = release.tracking.active;
    active.for_each([&](std::size_t index) {
        const auto i = static_cast<StepIndex>(index);
        const StepSpec& spec = *(*release.index)[i].spec;
        if (release.steps[i].status == StepStatus::dispatched && !release.steps[i].sent) {
            editor.update(i, [](StepState& s) { s.status = StepStatus::ready; });
        }
        if (!maybe_out(release.steps[i]) || course_wants(release, spec)) return;
        editor.update(i, [&](StepState& s) { ask_once_more(s, now); });
    });
}

}  // namespace signalbox::sequence
