// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/limits.hpp"

namespace signalbox::plan {
namespace {

PlanCap to_plan(const estate::Cap& cap) {
    return {cap.max_in_flight, cap.hard_cap, cap.peak_hours, cap.peak_max_in_flight};
}

void add_sites(const estate::Throttle& throttle, PlanEnvironment& out) {
    if (throttle.global) out.caps["global"] = to_plan(*throttle.global);
    for (const auto& step : out.steps) {
        const auto site = throttle.sites.find(step.site);
        if (site != throttle.sites.end()) out.caps.try_emplace("site:" + step.site, to_plan(site->second));
    }
}

}  // namespace

PlanBreaker to_plan(const estate::Breaker& breaker) {
    return {breaker.failures, breaker.rate_percent, breaker.rate_of, breaker.window, breaker.half_open_after};
}

void add_limits(const estate::Estate& estate, const estate::Environment& environment,
                const std::vector<Lane>& lanes, PlanEnvironment& out) {
    out.caps["environment:" + environment.name] = to_plan(environment.throttle);
    if (estate.throttle) add_sites(*estate.throttle, out);
    for (const auto& lane : lanes) {
        const auto& service = *lane.part.service;
        if (service.throttle) out.caps["service:" + service.name] = to_plan(*service.throttle);
        if (lane.traffic != nullptr && lane.traffic->throttle)
            out.caps["pool:" + lane.traffic->name] = to_plan(*lane.traffic->throttle);
    }
    out.breaker = to_plan(environment.breaker);
    const auto calendar = estate.calendars.find(environment.calendar.value);
    if (calendar != estate.calendars.end()) out.calendar = calendar->second.value;
}

}  // namespace signalbox::plan
