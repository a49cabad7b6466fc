// SPDX-License-Identifier: Apache-2.0
#include "breaker_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace signalbox::scenario {
namespace {

using sequence::BreakerStatus;
using sequence::StepStatus;

std::string name_of(const ReleaseId& release) {
    return "release " + release.str();
}

struct About {
    ReleaseId release;
    StepId step;
};
std::optional<About> about(const sequence::Event& event) {
    if (const auto* e = std::get_if<sequence::ExecuteAnswered>(&event)) return About{e->release, e->step};
    if (const auto* e = std::get_if<sequence::StepReported>(&event)) return About{e->release, e->step};
    if (const auto* e = std::get_if<sequence::QueryAnswered>(&event)) return About{e->release, e->step};
    return {};
}

}  // namespace

void BreakerWatch::attempt(const sequence::State& before, const sequence::State& after,
                           const ReleaseId& release, const StepId& id, Instant at) {
    const auto was = before.releases.find(release);
    const auto is = after.releases.find(release);
    if (was == before.releases.end() || is == after.releases.end()) return;
    const sequence::StepIndex i = is->second.index->find(id);
    if (i == sequence::kNone) return;
    const sequence::Index::Entry& entry = (*is->second.index)[i];
    const sequence::StepState& step = is->second.steps[i];
    if (!entry.spec->undo_of.empty() || !was->second.steps[i].attempt_open || step.attempt_open) return;
    if (step.status == StepStatus::skipped) return;
    for (const std::string& name : {is->second.spec->stages[entry.stage].name, name_of(release)}) {
        Seen& seen = seen_[name];
        if (step.status != StepStatus::succeeded) {
            seen.failed.emplace_back(at, entry.spec->kind);
        } else if (seen.status == BreakerStatus::half_open && seen.to_prove.contains(entry.spec->kind)) {
            seen.proven = true;
        }
    }
}

void BreakerWatch::moved(const std::string& name, const sequence::Breaker& breaker,
                         const sequence::BreakerSpec& spec, const sequence::ReleaseState* release, Instant at,
                         const Complain& complain) {
    Seen& seen = seen_[name];
    if (seen.status == breaker.status) return;
    if (seen.status == BreakerStatus::closed) {
        seen.to_prove.clear();
        seen.proven = false;
        for (const auto& [when, kind] : seen.failed) {
            if (when >= at - std::chrono::seconds(spec.window_s)) seen.to_prove.insert(kind);
        }
    }
    if (breaker.status == BreakerStatus::half_open) seen.half_open = at;
    if (breaker.status == BreakerStatus::closed) {
        bool could_prove = release == nullptr;
        if (release != nullptr) {
            for (const sequence::StepSpec& step : release->current().steps)
                could_prove = could_prove || seen.to_prove.contains(step.kind);
        }
        if (!seen.proven && could_prove)
            complain(fmt::format("the breaker of {} closed ({}), and nothing of what had failed did well",
                                 name, breaker.why));
    }
    seen.status = breaker.status;
}

void BreakerWatch::replayed(const sequence::State& before, const sequence::State& after,
                            const sequence::Event& event, Instant at, const Complain& complain) {
    const auto of = about(event);
    if (of) attempt(before, after, of->release, of->step, at);
    const auto concerned = of ? after.releases.find(of->release) : after.releases.end();
    for (const auto& [environment, breaker] : after.breakers) {
        const sequence::ReleaseState* release =
            concerned == after.releases.end() ? nullptr : &concerned->second;
        for (const auto& [id, each] : after.releases) {
            for (const sequence::StageSpec& stage : each.spec->stages) {
                if (stage.name == environment)
                    moved(environment, breaker, stage.breaker, release, at, complain);
            }
        }
    }
    for (const auto& [id, release] : after.releases)
        moved(name_of(id), release.breaker, release.spec->breaker, &release, at, complain);
}

void BreakerWatch::sent(const sequence::State& state, const Live& now, const std::vector<Live>& live,
                        const Complain& complain) const {
    const auto look = [&](const std::string& name, const sequence::Breaker& breaker, bool shared) {
        if (breaker.status == BreakerStatus::closed) return;
        if (breaker.status == BreakerStatus::open)
            return complain(now.step.str() + " was sent while the breaker of " + name + " was open");
        const auto seen = seen_.find(name);
        for (const Live& other : live) {
            const bool counts = shared ? other.environment == now.environment : other.release == now.release;
            if (!counts || seen == seen_.end() || other.sent < seen->second.half_open) continue;
            const bool same = other.release == now.release && other.host == now.host;
            if (!same)
                complain(fmt::format("{} was sent beside {} through the half-open breaker of {}",
                                     now.step.str(), other.step.str(), name));
        }
    };
    const sequence::ReleaseState& release = state.releases.at(now.release);
    if (release.spec->breaker.counts()) look(name_of(now.release), release.breaker, false);
    const auto shared = state.breakers.find(now.environment);
    if (shared != state.breakers.end() && release.current().breaker.counts())
        look(now.environment, shared->second, true);
}

}  // namespace signalbox::scenario
