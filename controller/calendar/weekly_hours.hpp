// SPDX-License-Identifier: Apache-2.0
// Hours of the week in a time zone, such as "Mon-Fri 08:00-18:00 Europe/Berlin", and when they are. Pure but
// for the system's time zone database, which is read once for each zone. Thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace signalbox::calendar {

// On each of these days, from one time of the day until another; when that is not later, until then on the
// next day.
struct DailyHours {
    std::array<bool, 7> days{};  // Monday first
    std::chrono::minutes from{0};
    std::chrono::minutes to{0};
    std::string zone;  // IANA name, known to this system
    friend bool operator==(const DailyHours&, const DailyHours&) = default;
};

struct WeeklyHours {
    std::vector<DailyHours> spans;  // may overlap
    friend bool operator==(const WeeklyHours&, const WeeklyHours&) = default;
};

// One or several, separated by ';', of: days, times, zone. Days: "Mon", "Mon-Fri", "Sat-Mon" or
// "Mon,Wed,Fri-Sun". Times: "08:00-18:00", up to "24:00"; "22:00-06:00" ends on the next day.
// Errors: invalid_argument, naming the part that is wrong and what to write instead.
[[nodiscard]] Result<WeeklyHours> parse_weekly_hours(std::string_view text);

// "2026-12-24 18:30 Europe/Berlin" or "2026-12-24 18:30 UTC". A time that a spring night skips is the instant
// of the change; of one that an autumn night has twice, the first. Errors: invalid_argument.
[[nodiscard]] Result<Instant> parse_local_time(std::string_view text);

struct Interval {
    Instant from, to;
    friend bool operator==(const Interval&, const Interval&) = default;
};

// When it is these hours within [from, to): sorted, merged, none empty. Hours that begin or end at a time
// which a spring night skips do so at the change; at a time which an autumn night has twice, they begin at
// the first and end at the second.
[[nodiscard]] std::vector<Interval> intervals(const WeeklyHours& hours, Instant from, Instant to);

}  // namespace signalbox::calendar
