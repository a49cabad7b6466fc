// SPDX-License-Identifier: Apache-2.0
// ReleaseService: why things are as they are.
#include <fmt/format.h>

#include <algorithm>

#include "controller/release/dispatch/release_api.hpp"
#include "controller/release/dispatch/view.hpp"
#include "controller/release/sequence/throttle.hpp"
#include "controller/release/story/spans.hpp"
#include "controller/release/story/story.hpp"

namespace signalbox::dispatch {
namespace {

// How many releases back those are looked for that ran beside one.
constexpr std::size_t kBeside = 200;
// How many waiting steps are told of one by one.
constexpr std::size_t kTold = 10;

void put(v1::StoryLine& to, const story::Line& line) {
    to.set_at(to_rfc3339(line.at));
    to.set_environment(line.environment);
    to.set_step_id(line.step.str());
    to.set_kind(std::string(story::to_string(line.kind)));
    to.set_text(line.text);
}

void put(v1::StepSpan& to, const story::Span& span) {
    to.set_step_id(span.step.str());
    to.set_what(std::string(story::to_string(span.kind)));
    to.set_from(to_rfc3339(span.from));
    if (span.to != Instant{}) to.set_to(to_rfc3339(span.to));
    to.set_attempt(static_cast<std::uint32_t>(span.attempt));
    to.set_why(span.why);
}

// Where a release stands: what runs, and what each of those that could run waits for.
void say_now(v1::ExplainReleaseResponse& out, const v1::ReleaseInfo& release) {
    std::size_t more = 0;
    std::size_t told = 0;
    for (const v1::Block& gate : release.gates()) {
        if (!release.finished().empty() || gate.verdict() == "pass" ||
            gate.environment() != release.environment())
            continue;
        out.add_now(
            fmt::format("{} waits for the gate '{}': {}", gate.environment(), gate.gate(), gate.reason()));
    }
    for (const v1::StepInfo& step : release.steps()) {
        const std::string& s = step.status();
        if (s != "ready" && s != "dispatched" && s != "running" && s != "unknown") continue;
        if (++told > kTold) {
            ++more;
            continue;
        }
        out.add_now(step.id() + ": " + step.why());
    }
    if (more > 0) out.add_now(fmt::format("and {} more steps: signalbox release show", more));
}

const v1::StepInfo* find(const v1::ReleaseInfo& release, const std::string& id) {
    const auto found = std::find_if(release.steps().begin(), release.steps().end(),
                                    [&](const v1::StepInfo& step) { return step.id() == id; });
    return found == release.steps().end() ? nullptr : &*found;
}

}  // namespace

Result<HistoryOrder> ReleaseApi::history_of(const ReleaseId& id) {
    if (!parts_.entries) return Error(Code::unavailable, "the ledger cannot be read here");
    SB_TRY(const auto stored, parts_.store.load(id));
    if (!stored) {
        return Error(Code::not_found, fmt::format("there is no release '{:.100}'", id.str()),
                     "List them: signalbox release list");
    }
    HistoryOrder order;
    order.until = stored->current.finished_at.value_or(parts_.engine.now());
    SB_TRY(const Loaded own, load(stored->fixed));
    order.specs[id] = own.spec;
    SB_TRY(const auto others, parts_.store.list(kBeside));
    for (const StoredRelease& other : others) {
        const bool beside = other.fixed.created <= order.until &&
                            other.current.finished_at.value_or(Instant::max()) >= stored->fixed.created;
        if (!beside || other.fixed.id == id) continue;
        SB_TRY(const Loaded loaded, load(other.fixed));
        order.specs[other.fixed.id] = loaded.spec;
    }
    return order;
}

Result<v1::GetThrottleResponse> ReleaseApi::throttle(const access::Caller&, const v1::GetThrottleRequest&) {
    const Instant now = parts_.engine.now();
    return view(sequence::throttle_view(parts_.engine.state(), now), now);
}

void ReleaseApi::explain(const access::Caller&, const v1::ExplainReleaseRequest& request,
                         Done<v1::ExplainReleaseResponse> done) {
    const ReleaseId id(request.release_id());
    const std::string& step_id = request.step_id();
    auto release = info(id, true);
    if (!release) return done(std::move(release).error());
    if (!step_id.empty() && find(*release, step_id) == nullptr) {
        return done(Error(Code::not_found, fmt::format("{} has no step '{:.200}'", id.str(), step_id),
                          "Its steps: signalbox release show " + id.str() + " --json"));
    }
    auto order = history_of(id);
    if (!order) return done(std::move(order).error());
    const auto story = std::make_shared<story::Story>(id, StepId(step_id));
    read_history(
        parts_.strand, parts_.entries, *std::move(order),
        [story](const sequence::TimedEvent& event) { story->add(event); },
        [weak = std::weak_ptr(self_), story, id, step_id, done = std::move(done)](const Status& read) {
            const auto self = weak.lock();
            if (!self) return;
            if (!read) return done(read.error());
            auto now_info = (*self)->info(id, true);
            if (!now_info) return done(std::move(now_info).error());
            v1::ExplainReleaseResponse out;
            for (const story::Line& line : story->lines((*self)->parts_.engine.now()))
                put(*out.add_lines(), line);
            out.set_cut(story->cut());
            if (step_id.empty()) {
                say_now(out, *now_info);
            } else if (const v1::StepInfo* step = find(*now_info, step_id)) {
                *out.mutable_step() = *step;
                if (!step->why().empty()) out.add_now(step->why());
            }
            *out.mutable_release() = *std::move(now_info);
            out.mutable_release()->clear_steps();
            done(std::move(out));
        });
}

void ReleaseApi::timeline(const access::Caller&, const v1::GetTimelineRequest& request,
                          Done<v1::GetTimelineResponse> done) {
    const ReleaseId id(request.release_id());
    auto order = history_of(id);
    if (!order) return done(std::move(order).error());
    const auto spans = std::make_shared<story::Spans>(id);
    read_history(
        parts_.strand, parts_.entries, *std::move(order),
        [spans](const sequence::TimedEvent& event) { spans->add(event); },
        [weak = std::weak_ptr(self_), spans, id, done = std::move(done)](const Status& read) {
            const auto self = weak.lock();
            if (!self) return;
            if (!read) return done(read.error());
            auto now_info = (*self)->info(id, true);
            if (!now_info) return done(std::move(now_info).error());
            v1::GetTimelineResponse out;
            *out.mutable_release() = *std::move(now_info);
            for (const story::Span& span : spans->spans()) put(*out.add_spans(), span);
            for (const story::Line& mark : spans->marks()) put(*out.add_marks(), mark);
            out.set_now(to_rfc3339((*self)->parts_.engine.now()));
            done(std::move(out));
        });
}

}  // namespace signalbox::dispatch
