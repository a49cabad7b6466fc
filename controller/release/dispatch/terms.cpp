// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/terms.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/calendar/closed_times.hpp"

namespace signalbox::dispatch {
namespace {

using std::chrono::seconds;

// Clocks differ, and a script says "now" a moment before it is heard.
constexpr Duration kJustNow = std::chrono::minutes(1);
constexpr Duration kFarthest = std::chrono::hours(24) * 366;

Error wrong(std::string what, std::string remedy) {
    return {Code::invalid_argument, std::move(what), std::move(remedy)};
}

// The window and the time to undo after it: how long approvals are good for.
Status fits_trust(Duration window, Duration undo, const trust::TrustFile* trust) {
    if (trust == nullptr) return {};
    const Duration most = seconds(trust->limits.max_window_s);
    if (window > most) {
        return wrong(fmt::format("a window of {} is longer than the trust file allows ({})",
                                 format_duration(window), format_duration(most)),
                     "Choose a shorter window");
    }
    if (window + undo > most) {
        return wrong(
            fmt::format("a window of {} and {} more to undo are longer than the trust file allows ({})",
                        format_duration(window), format_duration(undo), format_duration(most)),
            "Choose a shorter window, or less time to undo");
    }
    return {};
}

Duration undo_window_of(const v1::StartReleaseRequest& request, const plan::Plan& plan, Duration window,
                        const trust::TrustFile* trust) {
    if (request.undo_window_s() != 0) return seconds(request.undo_window_s());
    if (plan.overrun != plan::Overrun::undo && !plan.undo_on_failure) return Duration{0};
    if (trust == nullptr) return kUndoWindow;
    return std::clamp(Duration(seconds(trust->limits.max_window_s)) - window, Duration{0}, kUndoWindow);
}

// Errors: invalid_argument when nothing could ever start in this environment.
Status is_open(const plan::PlanEnvironment& environment, const StartTerms& terms) {
    SB_TRY(const std::vector<trust::ClosedTime> closed,
           calendar::closed_times(environment.calendar, terms.not_before, terms.not_after));
    Instant open_from = terms.not_before;
    std::string names;
    for (const trust::ClosedTime& time : closed) {
        if (time.from > open_from) return {};
        open_from = std::max(open_from, time.to);
        names += (names.empty() ? "'" : ", '") + time.name + "'";
    }
    if (open_from < terms.not_after) return {};
    return wrong(fmt::format("{} is closed during the whole window from {} to {}: {}", environment.name,
                             to_rfc3339(terms.not_before), to_rfc3339(terms.not_after), names),
                 fmt::format("Choose another time or a longer window; the calendar is '{}'",
                             environment.calendar.name));
}

// Errors: invalid_argument when a step could never start in a window of this length.
Status has_room(const plan::Plan& plan, const plan::PlanEnvironment& environment, Duration window) {
    for (const plan::PlanStep& step : environment.steps) {
        if (step.delay >= window) {
            return wrong(fmt::format("{} waits {} before it starts, and the window is {}", step.id.str(),
                                     format_duration(step.delay), format_duration(window)),
                         "Choose a longer window: --window");
        }
        if (plan.overrun == plan::Overrun::stop && step.deadline > window) {
            return wrong(fmt::format("{} may take {}, and with 'overrun: stop' nothing starts that could not "
                                     "end in the window of {}",
                                     step.id.str(), format_duration(step.deadline), format_duration(window)),
                         "Choose a longer window (--window), a shorter 'within', or 'overrun: finish'");
        }
    }
    return {};
}

}  // namespace

Result<Instant> begin_of(const v1::StartReleaseRequest& request, Instant now) {
    const std::string& text = request.not_before();
    const Instant today = std::chrono::floor<seconds>(now);
    if (text.empty()) return today;
    const auto at = parse_rfc3339(text);
    if (!at) {
        return wrong(fmt::format("'{:.60}' is no time at which a release can start", text),
                     "Write it as 2026-11-28T22:00:00+01:00, with its offset from UTC");
    }
    if (*at < now - kJustNow) {
        return wrong(fmt::format("{} is in the past: it is {} now", to_rfc3339(*at), to_rfc3339(today)),
                     "Choose a time that is to come");
    }
    if (*at > now + kFarthest) {
        return wrong(to_rfc3339(*at) + " is more than a year away", "Start it when it is nearer");
    }
    return std::max(Instant(std::chrono::floor<seconds>(*at)), today);
}

Result<StartTerms> terms_of(const v1::StartReleaseRequest& request, const plan::Plan& plan,
                            const trust::TrustFile* trust, Instant now) {
    SB_TRY(const Instant from, begin_of(request, now));
    const Duration window = request.window_s() == 0 ? kWindow : Duration(seconds(request.window_s()));
    const Duration undo = undo_window_of(request, plan, window, trust);
    SB_CHECK(fits_trust(window, undo, trust));
    const StartTerms terms{now, from, from + window, from + window + undo};
    for (const plan::PlanEnvironment& environment : plan.environments) {
        SB_CHECK(is_open(environment, terms));
        SB_CHECK(has_room(plan, environment, window));
    }
    return terms;
}

}  // namespace signalbox::dispatch
