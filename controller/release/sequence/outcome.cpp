// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/release/sequence/editor.hpp"
#include "controller/release/sequence/rules.hpp"

namespace signalbox::sequence {
namespace {

// Whether its host is through when this step has done well, and its environment holds nothing that could
// prove more: no step of a kind that failed.
bool goes_through(const StepAt& at, const Breaker& breaker) {
    if (breaker.status != BreakerStatus::half_open) return false;
    const auto& kinds = breaker.to_prove;
    const auto [begin, end] = at.release.index->steps((*at.release.index)[at.index].stage, false);
    for (StepIndex i = begin; i < end; ++i) {
        const StepSpec& step = *(*at.release.index)[i].spec;
        if (std::binary_search(kinds.begin(), kinds.end(), step.kind)) return false;
        const bool other = i != at.index && host_of(step) == host_of(at.spec());
        if (other && at.release.steps[i].status != StepStatus::succeeded) return false;
    }
    return true;
}

void note_outcome(const StepAt& at, bool well, Instant now) {
    if (!at.spec().undo_of.empty()) return;
    const StageSpec& stage = at.release.spec->stages[(*at.release.index)[at.index].stage];
    const auto note = [&](Breaker& breaker, const BreakerSpec& spec) {
        const bool whole = well && goes_through(at, breaker);
        note_attempt(breaker, spec, {at.release.spec->id, at.spec(), well, whole}, now);
    };
    note(at.release.breaker, at.release.spec->breaker);
    if (stage.breaker.counts()) note(at.state.breakers[stage.name], stage.breaker);
    const auto lane = at.release.progress.find(lane_name(at.spec().service, at.spec().group));
    if (well && lane != at.release.progress.end()) lane->second = now;
}

void close_attempt(StepState& step, Instant now) {
    step.attempt_open = step.minted = step.sent = step.asking = step.fresh_token = false;
    step.setbacks = 0;
    step.refusal.clear();
    step.finished = now;
    step.token_expires = step.ask_at = step.give_up_at = Instant{};
}

}  // namespace

void ask_from(StepState& step, Instant when) {
    step.asking = true;
    step.ask_at = when;
}

void ask_once_more(StepState& step, Instant now) {
    step.status = StepStatus::dispatched;
    step.sent = true;
    ask_from(step, token_alive(step, now) ? step.token_expires + kSkew : now);
    step.give_up_at = std::max(step.give_up_at, step.ask_at + kGrace);
}

void admit(const StepAt& at, Instant now) {
    const auto deadline = std::chrono::seconds(at.spec().deadline_s);
    Editor(at.release, now).update(at.index, [&](StepState& step) {
        step.status = StepStatus::running;
        step.ran = step.minted = step.sent = true;
        step.setbacks = 0;
        step.refusal.clear();
        if (step.started == Instant{}) step.started = now;
        step.give_up_at = std::max(step.give_up_at, now + deadline + kGrace);
        step.ask_at = now + deadline + kAnswerWithin;
    });
}

void conclude(const StepAt& at, const std::string& code, const std::string& detail, Instant now) {
    const bool well = code == "ok" || code == "nothing_to_do";
    const bool refused = code.starts_with("refused:");
    const StepSpec& spec = at.spec();
    note_outcome(at, well, now);
    Editor(at.release, now).update(at.index, [&](StepState& step) {
        close_attempt(step, now);
        // A host that says that nothing was changed leaves nothing to take back.
        if (code == "unchanged") {
            step.ran = step.ran_before;
        } else if (!refused) {
            step.ran = true;
        }
        step.detail = detail.empty() ? code : code + ": " + detail;
        if (well) {
            step.status = StepStatus::succeeded;
            step.order = ++at.release.completions;
            return;
        }
        if (!refused && step.attempt < spec.max_attempts && course_wants(at.release, spec)) {
            step.status = StepStatus::ready;
            const int before = step.attempt - 1;
            step.not_before = now + (spec.undo_of.empty() ? backoff(before) : undo_backoff(before));
            step.detail =
                fmt::format("attempt {} of {} ended with {}", step.attempt, spec.max_attempts, step.detail);
            return;
        }
        step.status = StepStatus::failed;
        step.order = ++at.release.completions;
    });
}

void never_ran(const StepAt& at, bool token_dead, Instant now) {
    const bool wanted = course_wants(at.release, at.spec());
    const StepState& seen = at.step();
    const bool dead = !seen.minted || token_dead || seen.asked >= seen.token_expires + kSkew;
    const bool given_up = !seen.refusal.empty();
    const bool last_word = !wanted || given_up;  // it is not sent again, whatever the host says
    if (last_word && !dead && seen.status == StepStatus::unknown) return;
    if (wanted && given_up && dead) return conclude(at, "refused:" + seen.refusal, "and never ran", now);
    Editor(at.release, now).update(at.index, [&](StepState& step) {
        if (last_word && !dead) {
            // Its order may still be under way: only an answer given after the token's end is final.
            ask_from(step, std::max(now + kAskAgain, step.token_expires + kSkew));
            step.give_up_at = std::max(step.give_up_at, step.ask_at + kGrace);
            return;
        }
        step.sent = step.asking = false;
        if (!wanted) {
            step.attempt_open = step.minted = false;
            step.status = step.ran ? StepStatus::failed : StepStatus::skipped;
            step.detail = "it was not run";
            return;
        }
        step.status = StepStatus::ready;
        step.fresh_token = token_dead;
        step.not_before = step.setbacks == 0 ? now : now + backoff(step.setbacks);
        ++step.setbacks;
        step.detail = "the host says that it never ran; it is sent again";
    });
}

void refuse(const StepAt& at, const std::string& code, const std::string& detail, Instant now) {
    const RefusalClass kind = classify(code);
    const bool too_often = at.step().setbacks + 1 >= kMaxSetbacks;
    // A token that was refused for now may still be admitted: until it is dead the step keeps its slot.
    const bool lingers = kind == RefusalClass::not_yet || kind == RefusalClass::ask;
    if (kind == RefusalClass::final_ || (too_often && !(lingers && token_alive(at.step(), now)))) {
        return conclude(at, "refused:" + code, detail, now);
    }
    if (too_often) {
        return Editor(at.release, now).update(at.index, [&](StepState& step) {
            ++step.setbacks;
            step.refusal = detail.empty() ? code : code + ": " + detail;
            ask_from(step, step.token_expires + kSkew);
            step.give_up_at = std::max(step.give_up_at, step.ask_at + kGrace);
        });
    }
    const bool ask = kind == RefusalClass::ask || !course_wants(at.release, at.spec());
    Editor(at.release, now).update(at.index, [&](StepState& step) {
        ++step.setbacks;
        if (ask) return ask_from(step, now + backoff(step.setbacks - 1));
        step.status = StepStatus::ready;
        step.sent = false;
        step.fresh_token = kind == RefusalClass::dead_token;
        step.not_before = now + backoff(step.setbacks - 1);
    });
}

}  // namespace signalbox::sequence
