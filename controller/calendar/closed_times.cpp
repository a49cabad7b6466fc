// SPDX-License-Identifier: Apache-2.0
#include "controller/calendar/closed_times.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "controller/calendar/weekly_hours.hpp"

namespace signalbox::calendar {
namespace {

// What opens and ends at an instant: how many more, or fewer, of each name are in force from then on.
using Changes = std::map<Instant, std::map<std::string, int>>;

void mark(Changes& changes, Instant from, Instant to, const std::string& name) {
    if (from >= to) return;
    ++changes[from][name];
    --changes[to][name];
}

}  // namespace

Result<std::vector<trust::ClosedTime>> closed_times(const Calendar& calendar, Instant from, Instant to) {
    Changes changes;
    if (!calendar.open_hours.empty()) {
        SB_TRY(const WeeklyHours hours, parse_weekly_hours(calendar.open_hours));
        const std::string name = fmt::format("outside the hours of {}", calendar.name);
        Instant closed = from;
        for (const auto& open : intervals(hours, from, to)) {
            mark(changes, closed, open.from, name);
            closed = open.to;
        }
        mark(changes, closed, to, name);
    }
    for (const auto& blackout : calendar.blackouts) {
        mark(changes, std::max(from, blackout.from), std::min(to, blackout.to), blackout.name);
    }

    std::vector<trust::ClosedTime> out;
    std::map<std::string, int> in_force;
    Instant since = from;
    for (const auto& [at, change] : changes) {
        if (!in_force.empty()) {
            std::vector<std::string_view> names;
            names.reserve(in_force.size());
            for (const auto& [name, count] : in_force) names.push_back(name);
            std::string name = fmt::format("{}", fmt::join(names, ", "));
            if (!out.empty() && out.back().to == since && out.back().name == name) {
                out.back().to = at;
            } else {
                out.push_back({since, at, std::move(name)});
            }
        }
        for (const auto& [name, count] : change) in_force[name] += count;
        std::erase_if(in_force, [](const auto& entry) { return entry.second == 0; });
        since = at;
    }
    return out;
}

}  // namespace signalbox::calendar
