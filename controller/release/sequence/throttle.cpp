// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/throttle.hpp"

#include <algorithm>
#include <climits>

#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/sequence.hpp"
#include "controller/release/sequence/window.hpp"

namespace signalbox::sequence {
namespace {

// How many waiting steps of a scope are told one by one.
constexpr std::size_t kTold = 20;

bool in_peak(const CapSpec& cap, Instant now) {
    return std::any_of(cap.peaks.begin(), cap.peaks.end(),
                       [&](const Interval& peak) { return peak.from <= now && now < peak.to; });
}

}  // namespace

int limit_of(const CapSpec& cap, Priority priority, Instant now) {
    if (priority == Priority::emergency) return cap.hard_cap;
    return in_peak(cap, now) ? std::min(cap.peak_max_in_flight, cap.max_in_flight) : cap.max_in_flight;
}

Usage::Usage(const State& state, Instant now) {
    for (const auto& [id, release] : state.releases) {
        if (release.ended()) continue;
        // By number first: names are looked up once a scope, not once a step.
        std::vector<int> held(release.index->scopes().size());
        release.tracking.active.for_each([&, &release = release](std::size_t i) {
            if (!holds_slot(release.steps[i], now)) return;
            for (const std::uint32_t scope : (*release.index)[static_cast<StepIndex>(i)].scopes)
                ++held[scope];
        });
        for (std::size_t scope = 0; scope < held.size(); ++scope) {
            if (held[scope] > 0) slots_[release.index->scopes()[scope]] += held[scope];
        }
        add_caps(release, now);
    }
}

void Usage::add(const ReleaseState& release, StepIndex step) {
    for (const std::uint32_t scope : (*release.index)[step].scopes) ++slots_[release.index->scopes()[scope]];
}

void Usage::reserve(const ReleaseState& release, StepIndex step) {
    if (step != kNone) add(release, step);
}

bool is_busy(const State& state, const AgentId& agent, Instant now) {
    return std::any_of(state.releases.begin(), state.releases.end(), [&](const auto& entry) {
        const ReleaseState& release = entry.second;
        const std::uint32_t number = release.ended() ? kNone : release.index->agent(agent);
        if (number == kNone) return false;
        const auto steps = release.index->on_agent(number);
        return std::any_of(steps.begin(), steps.end(),
                           [&](StepIndex i) { return holds_slot(release.steps[i], now); });
    });
}

void Usage::add_caps(const ReleaseState& release, Instant now) {
    if (release.course == Course::forward && !release.open) return;
    for (const auto& [scope, cap] : release.current().caps) {
        const auto [found, fresh] = caps_.try_emplace(scope, cap);
        if (fresh) continue;
        CapSpec& common = found->second;
        common.hard_cap = std::min(common.hard_cap, cap.hard_cap);
        common.max_in_flight = std::min({common.max_in_flight, cap.max_in_flight, common.hard_cap});
        // Each release knows the peaks of its own window: what holds now is what counts.
        const int peak = in_peak(cap, now) ? cap.peak_max_in_flight : cap.max_in_flight;
        const int other = in_peak(common, now) ? common.peak_max_in_flight : common.max_in_flight;
        common.peak_max_in_flight = std::min(peak, other);
        common.peaks = {{now, now + std::chrono::nanoseconds(1)}};
    }
}

int Usage::in_use(const std::string& scope) const {
    const auto found = slots_.find(scope);
    return found == slots_.end() ? 0 : found->second;
}

const CapSpec* Usage::cap(const std::string& scope) const {
    const auto found = caps_.find(scope);
    return found == caps_.end() ? nullptr : &found->second;
}

std::vector<int> Usage::room(const ReleaseState& release, Instant now) const {
    std::vector<int> out;
    for (const std::string& scope : release.index->scopes()) {
        const CapSpec* limit = cap(scope);
        out.push_back(limit == nullptr ? INT_MAX / 2
                                       : limit_of(*limit, release.spec->priority, now) - in_use(scope));
    }
    return out;
}

std::map<std::string, int> scopes_now(const State& state, const ReleaseState& release, const StepSpec& step,
                                      Instant now) {
    const Usage usage(state, now);
    std::map<std::string, int> out;
    for (const std::string& scope : scopes_of(step, release.current().name)) {
        const CapSpec* cap = usage.cap(scope);
        out[scope] = cap == nullptr ? 0 : limit_of(*cap, release.spec->priority, now);
    }
    return out;
}

std::vector<ScopeView> throttle_view(const State& state, Instant now) {
    const Usage usage(state, now);
    std::map<std::string, ScopeView> views;
    for (const auto& [id, release] : state.releases) {
        if (release.ended()) continue;
        for (StepIndex i = 0; i < release.index->size(); ++i) {
            const Index::Entry& entry = (*release.index)[i];
            const StepState& step = release.steps[i];
            const bool holds = holds_slot(step, now);
            if (!holds && step.status != StepStatus::ready) continue;
            for (const std::uint32_t number : entry.scopes) {
                const std::string& scope = release.index->scopes()[number];
                ScopeView& view = views[scope];
                view.scope = scope;
                if (holds) {
                    view.holding.push_back({id, entry.spec->id, ""});
                } else if (view.waiting.size() < kTold) {
                    view.waiting.push_back({id, entry.spec->id, explain(state, release, *entry.spec, now)});
                }
            }
        }
    }
    std::vector<ScopeView> out;
    for (auto& [scope, view] : views) {
        if (const CapSpec* cap = usage.cap(scope); cap != nullptr) {
            view.limit = limit_of(*cap, Priority::normal, now);
            view.hard_cap = cap->hard_cap;
            view.peak = view.limit < cap->max_in_flight;
        }
        out.push_back(std::move(view));
    }
    return out;
}

}  // namespace signalbox::sequence
