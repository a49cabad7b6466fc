// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/apply.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/sequence.hpp"

namespace signalbox::sequence {
namespace {

bool names(const ReleaseState& release, const AgentId& agent) {
    for (const StageSpec& stage : release.spec->stages) {
        for (const auto* list : {&stage.steps, &stage.undo}) {
            for (const StepSpec& step : *list) {
                if (step.agent == agent) return true;
            }
        }
    }
    return false;
}

template <class F>
void for_each_step(ReleaseState& release, F f) {
    for (const StageSpec& stage : release.spec->stages) {
        for (const auto* list : {&stage.steps, &stage.undo}) {
            for (const StepSpec& step : *list) f(step, release.steps.at(step.id));
        }
    }
}

void ask_from(StepState& step, Instant when) {
    step.asking = true;
    step.ask_at = when;
}

// The attempt's outcome is known.
void conclude(ReleaseState& release, const StepSpec& spec, StepState& step, const std::string& code,
              const std::string& detail, Instant now) {
    step.attempt_open = false;
    step.minted = false;
    step.sent = false;
    step.asking = false;
    step.fresh_token = false;
    step.setbacks = 0;
    step.finished = now;
    step.token_expires = step.ask_at = step.give_up_at = Instant{};
    const bool well = code == "ok" || code == "nothing_to_do";
    const bool refused = code.starts_with("refused:");
    if (!refused) step.ran = true;
    step.detail = detail.empty() ? code : code + ": " + detail;
    if (well) {
        step.status = StepStatus::succeeded;
        step.order = ++release.completions;
        return;
    }
    if (!refused && step.attempt < spec.max_attempts && course_wants(release, spec)) {
        step.status = StepStatus::ready;
        step.not_before = now + backoff(step.attempt - 1);
        step.detail =
            fmt::format("attempt {} of {} ended with {}", step.attempt, spec.max_attempts, step.detail);
        return;
    }
    step.status = StepStatus::failed;
    step.order = ++release.completions;
}

void admitted(const StepSpec& spec, StepState& step, Instant now) {
    step.status = StepStatus::running;
    step.ran = true;
    step.minted = true;
    step.sent = true;
    step.setbacks = 0;
    if (step.started == Instant{}) step.started = now;
    step.give_up_at = std::max(step.give_up_at, now + std::chrono::seconds(spec.deadline_s) + kGrace);
    step.ask_at = now + std::chrono::seconds(spec.deadline_s) + kAnswerWithin;
}

// "Never ran", as the answer to the newest query.
void never_ran(ReleaseState& release, const StepSpec& spec, StepState& step, bool token_dead, Instant now) {
    const bool dead = !step.minted || token_dead || step.asked >= step.token_expires + kSkew;
    if (!course_wants(release, spec)) {
        if (!dead && step.status == StepStatus::unknown) return;
        if (!dead) {
            // Its order may still be under way: only an answer given after the token's end is final.
            ask_from(step, std::max(now + kAskAgain, step.token_expires + kSkew));
            step.give_up_at = std::max(step.give_up_at, step.ask_at + kGrace);
            return;
        }
        step.attempt_open = step.minted = step.sent = step.asking = false;
        step.status = step.ran ? StepStatus::failed : StepStatus::skipped;
        step.detail = "it was not run";
        return;
    }
    step.status = StepStatus::ready;
    step.asking = false;
    step.sent = false;
    step.fresh_token = token_dead;
    step.not_before = step.setbacks == 0 ? now : now + backoff(step.setbacks);
    ++step.setbacks;
    step.detail = "the host says that it never ran; it is sent again";
}

class Applier {
  public:
    Applier(State& state, Instant now) : state_(state), now_(now) {}

    void operator()(const ReleaseStarted& e) const {
        if (state_.releases.contains(e.spec->id)) return;
        ReleaseState release;
        release.spec = e.spec;
        for (const StageSpec& stage : e.spec->stages) {
            for (const auto* list : {&stage.steps, &stage.undo}) {
                for (const StepSpec& step : *list) release.steps.emplace(step.id, StepState{});
            }
        }
        state_.releases.emplace(e.spec->id, std::move(release));
    }

    void operator()(const GatesJudged& e) const {
        ReleaseState* release = unfinished(e.release);
        if (release == nullptr || release->halted || release->open || release->course != Course::forward)
            return;
        if (e.environment != release->current().name || e.plan_sha256 != release->spec->plan_sha256) return;
        release->gates[e.environment] = e.verdicts;
    }

    void operator()(const AgentSeen& e) const {
        bool named = false;
        for (auto& [id, release] : state_.releases) {
            if (release.ended() || !names(release, e.agent)) continue;
            named = true;
            for_each_step(release, [&](const StepSpec& spec, StepState& step) {
                if (spec.agent != e.agent) return;
                if (step.status == StepStatus::dispatched && !step.sent) {
                    if (!e.online) step.status = StepStatus::ready;
                } else if (flying(step) || step.status == StepStatus::unknown) {
                    ask_from(step, now_);
                }
            });
        }
        if (named) state_.online[e.agent] = e.online;
    }

    void operator()(const TokenMinted& e) const {
        const auto [release, spec, step] = find(e.release, e.step);
        if (step == nullptr || step->attempt != e.attempt || step->status != StepStatus::dispatched) return;
        if (release->halted || step->sent || !course_wants(*release, *spec)) return;
        step->minted = step->sent = true;
        step->fresh_token = false;
        step->token_expires = e.expires;
        step->ask_at = now_ + kAnswerWithin;
        step->give_up_at =
            std::max(e.expires + kSkew, now_ + std::chrono::seconds(spec->deadline_s)) + kGrace;
        step->detail.clear();
    }

    void operator()(const ExecuteAnswered& e) const {
        const auto [release, spec, step] = find(e.release, e.step);
        if (step == nullptr || step->attempt != e.attempt || !step->attempt_open) return;
        if (e.answer == Answer::admitted) {
            if (!step->minted) return;
            if (flying(*step) || step->status == StepStatus::unknown || step->status == StepStatus::ready) {
                admitted(*spec, *step, now_);
                step->asking = false;
            }
            return;
        }
        // A refusal while it runs answers an order that came twice.
        if (step->status != StepStatus::dispatched) return;
        step->detail =
            e.answer == Answer::refused ? e.code + (e.detail.empty() ? "" : ": " + e.detail) : e.detail;
        if (e.answer == Answer::unavailable) {
            ++step->setbacks;
            if (step->sent) {
                ask_from(*step, now_ + backoff(step->setbacks));
            } else {
                step->status = StepStatus::ready;
                step->not_before = now_ + backoff(step->setbacks);
            }
            return;
        }
        refused(*release, *spec, *step, e);
    }

    void operator()(const StepReported& e) const {
        const auto [release, spec, step] = find(e.release, e.step);
        if (step == nullptr || step->attempt != e.attempt || !step->attempt_open || !step->minted) return;
        if (e.report == Report::started) {
            admitted(*spec, *step, now_);
            return;
        }
        conclude(*release, *spec, *step, e.report == Report::interrupted ? "interrupted" : e.code, e.detail,
                 now_);
    }

    void operator()(const QueryAnswered& e) const {
        const auto [release, spec, step] = find(e.release, e.step);
        if (step == nullptr || !step->attempt_open) return;
        if (!flying(*step) && step->status != StepStatus::unknown) return;
        const bool mine = e.attempt == step->attempt;
        if (e.found == Found::running && mine) {
            admitted(*spec, *step, now_);
            step->asking = false;
            step->ask_at =
                std::max(now_, step->started + std::chrono::seconds(spec->deadline_s)) + kAnswerWithin;
            step->give_up_at = std::max(step->give_up_at, step->ask_at + kGrace);
        } else if (e.found == Found::done && mine) {
            conclude(*release, *spec, *step, e.code, {}, now_);
        } else if (!step->asking || e.ask != step->asks) {
            return;
        } else if (e.found == Found::unavailable || (e.found == Found::running && !mine)) {
            step->ask_at = now_ + kAskAgain;
        } else {
            never_ran(*release, *spec, *step, e.token_dead, now_);
        }
    }

    void operator()(const Command& e) const {
        if (!allowed(state_, e, now_)) return;
        ReleaseState& release = state_.releases.at(e.release);
        const std::string why = e.reason.empty() ? "" : ": " + e.reason;
        release.halted = e.kind == CommandKind::halt;
        switch (e.kind) {
            case CommandKind::halt:
                release.reason = "halted by " + e.by + why;
                if (!release.open && release.course == Course::forward)
                    release.gates.erase(release.current().name);
                break;
            case CommandKind::resume:
                release.reason = "resumed by " + e.by + why;
                return;
            case CommandKind::abort:
                release.course = Course::winding_down_to_abort;
                release.reason = "aborted by " + e.by + why;
                break;
            case CommandKind::undo:
                release.course = Course::winding_down_to_undo;
                release.finished = Instant{};
                release.reason = "undone by " + e.by + why;
                break;
        }
        recall(release, now_);
    }

    void operator()(const Tick&) const {}

    void operator()(const ControllerStarted&) const {
        state_.online.clear();
        for (auto& [id, release] : state_.releases) {
            if (release.ended()) continue;
            for_each_step(release, [&](const StepSpec&, StepState& step) {
                if (step.status == StepStatus::dispatched && !step.sent) {
                    step.status = StepStatus::ready;
                } else if (flying(step)) {
                    ask_from(step, now_);
                }
            });
        }
    }

  private:
    struct Found3 {
        ReleaseState* release = nullptr;
        const StepSpec* spec = nullptr;
        StepState* step = nullptr;
    };
    [[nodiscard]] ReleaseState* unfinished(const ReleaseId& id) const {
        const auto found = state_.releases.find(id);
        return found == state_.releases.end() || found->second.ended() ? nullptr : &found->second;
    }
    [[nodiscard]] Found3 find(const ReleaseId& id, const StepId& step_id) const {
        ReleaseState* release = unfinished(id);
        if (release == nullptr) return {};
        const StepSpec* spec = release->spec->find(step_id);
        if (spec == nullptr) return {};
        return {release, spec, &release->steps.at(step_id)};
    }

    void refused(ReleaseState& release, const StepSpec& spec, StepState& step,
                 const ExecuteAnswered& e) const {
        const RefusalClass kind = classify(e.code);
        if (kind == RefusalClass::final_ || ++step.setbacks >= kMaxSetbacks) {
            conclude(release, spec, step, "refused:" + e.code, e.detail, now_);
        } else if (kind == RefusalClass::ask || !course_wants(release, spec)) {
            ask_from(step, now_ + backoff(step.setbacks - 1));
        } else {
            step.status = StepStatus::ready;
            step.sent = false;
            step.fresh_token = kind == RefusalClass::dead_token;
            step.not_before = now_ + backoff(step.setbacks - 1);
        }
    }

    State& state_;
    Instant now_;
};

}  // namespace

void apply(State& state, const Event& event, Instant now) {
    std::visit(Applier(state, now), event);
}

void recall(ReleaseState& release, Instant now) {
    for_each_step(release, [&](const StepSpec& spec, StepState& step) {
        if (step.status == StepStatus::dispatched && !step.sent) step.status = StepStatus::ready;
        const bool maybe_out = step.status == StepStatus::ready && step.attempt_open && step.minted;
        if (!maybe_out || course_wants(release, spec)) return;
        // It was said not to have run, but its order may be under way: ask once more when that is over.
        step.status = StepStatus::dispatched;
        step.sent = true;
        ask_from(step, token_alive(step, now) ? step.token_expires + kSkew : now);
        step.give_up_at = step.ask_at + kGrace;
    });
}

}  // namespace signalbox::sequence
