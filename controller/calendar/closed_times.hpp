// SPDX-License-Identifier: Apache-2.0
// When nothing may start in an environment: outside the hours that its calendar opens, and in blackouts.
// Thread-safe.
#pragma once

#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/trust/approval.hpp"
#include "controller/calendar/calendar.hpp"

namespace signalbox::calendar {

// What of [from, to) is closed by a calendar (plan::PlanCalendar): by time, not overlapping, each named after
// the blackouts that close it, or "outside the hours of <calendar>". Errors: invalid_argument (the plan's
// hours cannot be read on this system: its time zones are older than those of whoever made it).
[[nodiscard]] Result<std::vector<trust::ClosedTime>> closed_times(const Calendar& calendar, Instant from,
                                                                  Instant to);

}  // namespace signalbox::calendar
