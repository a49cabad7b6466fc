// SPDX-License-Identifier: Apache-2.0
#include "controller/release/story/spans.hpp"

#include <array>

#include "controller/release/story/news.hpp"

namespace signalbox::story {
namespace {

using sequence::StepStatus;

std::optional<SpanKind> kind_of(const sequence::StepState& step) {
    if (step.status == StepStatus::unknown) return SpanKind::asked;
    if (step.status == StepStatus::ready) return SpanKind::waits;
    if (step.status == StepStatus::dispatched) return step.asking ? SpanKind::asked : SpanKind::sent;
    if (step.status == StepStatus::running) return step.asking ? SpanKind::asked : SpanKind::runs;
    return {};
}

}  // namespace

std::string_view to_string(SpanKind kind) {
    constexpr std::array<std::string_view, 4> kNames{"waits", "sent", "runs", "asked"};
    return kNames[static_cast<std::size_t>(kind)];
}

void Spans::add(const sequence::TimedEvent& entry) {
    sequence::Outcome outcome = sequence::step(state_, entry.event, entry.at);
    const auto after = outcome.state.releases.find(release_);
    if (after != outcome.state.releases.end()) {
        const auto before = state_.releases.find(release_);
        const Change change{entry, state_, outcome.state,
                            before == state_.releases.end() ? nullptr : &before->second, after->second};
        for (Line& line : release_news(change)) {
            if (line.kind != LineKind::gate && marks_.size() < Story::kMostLines)
                marks_.push_back(std::move(line));
        }
        by_step_.resize(after->second.index->size());
        if (change.before != nullptr) {
            after->second.steps.for_each_difference(change.before->steps, [&](std::size_t i) {
                follow(change, static_cast<sequence::StepIndex>(i));
            });
        }
    }
    state_ = std::move(outcome.state);
}

void Spans::follow(const Change& change, sequence::StepIndex i) {
    const sequence::StepState& step = change.after.steps[i];
    const sequence::StepSpec& spec = *(*change.after.index)[i].spec;
    std::vector<Span>& spans = by_step_[i];
    const auto kind = kind_of(step);
    const bool open = !spans.empty() && spans.back().to == Instant{};
    if (open && kind == spans.back().kind && step.attempt == spans.back().attempt) return;
    if (open) {
        spans.back().to = change.entry.at;
        if (spans.back().kind == SpanKind::waits) {
            spans.back().why = sequence::explain(change.all_before, *change.before, spec, change.entry.at);
        }
    }
    if (kind) spans.push_back({spec.id, *kind, change.entry.at, Instant{}, step.attempt, {}});
}

std::vector<Span> Spans::spans() const {
    std::vector<Span> out;
    for (const std::vector<Span>& spans : by_step_) out.insert(out.end(), spans.begin(), spans.end());
    return out;
}

}  // namespace signalbox::story
