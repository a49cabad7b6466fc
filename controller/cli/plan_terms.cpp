// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/plan_terms.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "controller/cli/line.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

// So many hosts of a lane are named.
constexpr std::size_t kNamed = 8;

std::string span(std::int64_t seconds) {
    return format_duration(std::chrono::seconds(seconds));
}

std::string cap_words(const PlanCapView& cap) {
    std::string out = fmt::format("{}: {} at once", cap.scope, cap.max_in_flight);
    if (!cap.peak_hours.empty()) out += fmt::format(", {} during {}", cap.peak_max_in_flight, cap.peak_hours);
    if (cap.hard_cap > cap.max_in_flight) out += fmt::format(", {} in an emergency", cap.hard_cap);
    return out;
}

std::string hosts_words(const std::vector<std::string>& hosts) {
    const std::size_t named = std::min(hosts.size(), kNamed);
    std::string out =
        fmt::format("{}", fmt::join(hosts.begin(), hosts.begin() + static_cast<long>(named), ", "));
    if (hosts.size() > named) out += fmt::format(" and {} more", hosts.size() - named);
    return out;
}

std::string percents_words(const std::vector<std::int64_t>& percents) {
    std::string out;
    for (const std::int64_t percent : percents)
        out += fmt::format("{}{}%", out.empty() ? "" : ", then ", percent);
    return out;
}

std::string strategy_words(const PlanStageView& stage, const PlanLaneView& lane) {
    std::string out = lane.strategy;
    if (lane.batch > 0)
        out += fmt::format(", {} at a time", counted(static_cast<std::uint64_t>(lane.batch), "host"));
    if (!lane.percents.empty()) out += fmt::format(", {} of the traffic", percents_words(lane.percents));
    if (!lane.idle.empty()) out += fmt::format(", from {} to {}", lane.live, lane.idle);
    std::set<std::int64_t> pauses;
    for (const PlanStepView& step : stage.steps) {
        if (step.service == lane.service && step.group == lane.group && step.delay_s > 0)
            pauses.insert(step.delay_s);
    }
    for (const std::int64_t pause : pauses)
        out += fmt::format("{}{}", pause == *pauses.begin() ? ", with pauses of " : " and ", span(pause));
    return out;
}

std::string absence_words(const PlanLaneView& lane) {
    if (lane.offline == "skip") {
        return fmt::format("a host that is offline for {} is left out; at least {} of {} must be released",
                           span(lane.offline_after_s), lane.quorum, lane.hosts.size());
    }
    if (lane.offline == "fail")
        return fmt::format("a host that is offline for {} is a failure", span(lane.offline_after_s));
    return "hosts that are offline are waited for";
}

}  // namespace

std::string services_of(const PlanView& plan) {
    std::string out;
    for (const PlanServiceView& service : plan.services) {
        out += fmt::format("{}{} {}", out.empty() ? "" : ", then ", service.name, service.version);
        if (!service.commit.empty()) out += " from source " + shortened(service.commit);
    }
    return out;
}

std::string overrun_words(std::string_view overrun) {
    if (overrun == "finish")
        return "finish: when the window closes, what is in flight may end; nothing more starts";
    if (overrun == "stop") return "stop: nothing starts that could not end before the window closes";
    if (overrun == "undo") return "undo: when the window closes before it is done, it is taken back";
    return std::string(overrun);
}

std::string breaker_words(const PlanBreakerView& breaker) {
    std::string when;
    if (breaker.failures > 0) when = counted(static_cast<std::uint64_t>(breaker.failures), "failure");
    if (breaker.rate_percent > 0) {
        when += fmt::format("{}{}% of at least {} attempts failed", when.empty() ? "" : ", or ",
                            breaker.rate_percent, breaker.rate_of);
    }
    if (when.empty()) return {};
    return fmt::format("opens after {} within {}; after {} one host is tried", when, span(breaker.window_s),
                       span(breaker.half_open_after_s));
}

std::vector<std::string> render_terms(const PlanStageView& stage, const Terminal& terminal) {
    std::vector<std::string> out;
    const auto fact = [&](std::string_view name, std::string_view value) {
        if (!value.empty())
            out.push_back(Line(terminal).add("  ").add(name, Tone::dim).to_column(12).add(value).text());
    };
    const char* limit = "limits";
    for (const PlanCapView& cap : stage.caps) {
        fact(limit, cap_words(cap));
        limit = "";
    }
    if (!stage.calendar.empty()) {
        fact("calendar", stage.calendar + (stage.open_hours.empty() ? "" : ": open " + stage.open_hours));
        for (const PlanBlackoutView& blackout : stage.blackouts)
            fact("", fmt::format("closed from {} to {}: {}", blackout.from, blackout.to, blackout.name));
    }
    fact("breaker", breaker_words(stage.breaker));
    for (const PlanLaneView& lane : stage.lanes) {
        fact("lane", fmt::format("{} on {}: {}", lane.service, lane.group, strategy_words(stage, lane)));
        fact("", fmt::format("{}: {}", counted(lane.hosts.size(), "host"), hosts_words(lane.hosts)));
        fact("", absence_words(lane));
        if (lane.progress_deadline_s > 0)
            fact("",
                 fmt::format("{} without a step that succeeds is a failure", span(lane.progress_deadline_s)));
    }
    return out;
}

}  // namespace signalbox::cli
