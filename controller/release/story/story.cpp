// SPDX-License-Identifier: Apache-2.0
#include "controller/release/story/story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "controller/release/story/news.hpp"

namespace signalbox::story {
namespace {

using sequence::Course;
using sequence::StepStatus;

// A wait that is over at once explains nothing.
constexpr Duration kWorthTelling = std::chrono::seconds(1);

Line wait_line(const std::string& environment, const StepId& step, Instant from, const std::string& why,
               Instant to, bool lasts) {
    std::string text = fmt::format("waited {}: {}", span_text(to - from), why);
    if (lasts) text = fmt::format("waits since {}: {}", when_text(from, to), why);
    return {from, environment, step, LineKind::waits, std::move(text)};
}

// Whether the step stands still for a reason that can be told. An undo step that nobody asked for does not.
bool waits(const sequence::ReleaseState& release, sequence::StepIndex i) {
    const StepStatus status = release.steps[i].status;
    if (release.ended()) return false;
    if (status == StepStatus::ready) return true;
    const bool undo = !(*release.index)[i].spec->undo_of.empty();
    return status == StepStatus::pending && (!undo || release.course == Course::undoing);
}

}  // namespace

std::string_view to_string(LineKind kind) {
    constexpr std::array<std::string_view, 12> kNames{"gate",  "release", "breaker", "ready",
                                                      "waits", "minted",  "refused", "attempt",
                                                      "done",  "failed",  "skipped", "asked"};
    return kNames[static_cast<std::size_t>(kind)];
}

std::string span_text(Duration duration) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(duration);
    return whole.count() <= 0 ? "0s" : format_duration(whole);
}

std::string when_text(Instant at, Instant near) {
    const std::string text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(at));
    const std::string day = to_rfc3339(near).substr(0, 10);
    return text.starts_with(day) && text.size() > 12 ? text.substr(11, text.size() - 12) : text;
}

void Story::push(Line line) {
    if (lines_.size() >= kMostLines) {
        cut_ = true;
        return;
    }
    lines_.push_back(std::move(line));
}

void Story::add(const sequence::TimedEvent& entry) {
    sequence::Outcome outcome = sequence::step(state_, entry.event, entry.at);
    const auto after = outcome.state.releases.find(release_);
    if (after != outcome.state.releases.end()) {
        const auto before = state_.releases.find(release_);
        tell({entry, state_, outcome.state, before == state_.releases.end() ? nullptr : &before->second,
              after->second});
    }
    state_ = std::move(outcome.state);
}

void Story::tell(const Change& change) {
    // What the step did that the entry names, what followed from it for the release, and then for others.
    const sequence::StepIndex named = step_of(change.entry.event, change.after);
    if (change.before != nullptr && named != sequence::kNone) tell_step(change, named);
    for (Line& line : release_news(change)) {
        if (step_.empty() || concerns_step(change, line)) push(std::move(line));
    }
    if (change.before == nullptr) return;
    if (!step_.empty()) {
        const sequence::StepIndex i = change.after.index->find(step_);
        if (i != named && i != sequence::kNone) tell_step(change, i);
        return;
    }
    change.after.steps.for_each_difference(change.before->steps, [&](std::size_t i) {
        if (i != named) tell_step(change, static_cast<sequence::StepIndex>(i));
    });
}

// Of what happened to the release, a step's story tells what happened in its environment.
bool Story::concerns_step(const Change& change, const Line& line) const {
    if (line.kind != LineKind::release && line.kind != LineKind::breaker) return false;
    const sequence::StepIndex i = change.after.index->find(step_);
    if (i == sequence::kNone) return false;
    const std::string& stage = change.after.spec->stages[(*change.after.index)[i].stage].name;
    return change.before == nullptr || line.environment == stage;
}

void Story::tell_step(const Change& change, sequence::StepIndex i) {
    const sequence::StepSpec& spec = *(*change.after.index)[i].spec;
    if (!step_.empty() && spec.id != step_) return;
    if (!step_.empty()) follow_wait(change, i);
    auto line = step_news(change, i);
    if (line && (!step_.empty() || matters_to_release(*line, spec))) push(*std::move(line));
}

void Story::follow_wait(const Change& change, sequence::StepIndex i) {
    const sequence::Index::Entry& entry = (*change.after.index)[i];
    std::string why;
    if (waits(change.after, i)) {
        why = sequence::explain(change.all, change.after, *entry.spec, change.entry.at);
    }
    if (wait_ && wait_->why == why) return;
    if (wait_ && change.entry.at - wait_->from >= kWorthTelling) {
        const std::string& stage = change.after.spec->stages[entry.stage].name;
        push(wait_line(stage, step_, wait_->from, wait_->why, change.entry.at, false));
    }
    wait_.reset();
    if (!why.empty()) wait_ = Wait{change.entry.at, std::move(why)};
}

std::vector<Line> Story::lines(Instant now) const {
    std::vector<Line> out = lines_;
    if (const sequence::ReleaseState* state = release(); wait_ && state != nullptr) {
        const sequence::StepIndex i = state->index->find(step_);
        const std::string& stage = state->spec->stages[(*state->index)[i].stage].name;
        out.push_back(wait_line(stage, step_, wait_->from, wait_->why, now, true));
    }
    std::stable_sort(out.begin(), out.end(), [](const Line& a, const Line& b) { return a.at < b.at; });
    return out;
}

const sequence::ReleaseState* Story::release() const {
    const auto found = state_.releases.find(release_);
    return found == state_.releases.end() ? nullptr : &found->second;
}

}  // namespace signalbox::story
