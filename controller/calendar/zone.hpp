// SPDX-License-Identifier: Apache-2.0
// The system's time zone database, by way of Abseil. Only for this module's own sources.
#pragma once

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace signalbox::calendar {

// Errors: invalid_argument (no such zone here, or no name of a zone).
[[nodiscard]] Result<absl::TimeZone> find_zone(std::string_view name);

// What a wall clock's time is when the clock was put forward over it, or shows it twice.
enum class Edge { begin, end };  // the change; of two, the first for a begin and the second for an end
[[nodiscard]] Instant to_instant(const absl::TimeZone& zone, absl::CivilMinute local, Edge edge);
[[nodiscard]] absl::CivilDay local_day(const absl::TimeZone& zone, Instant instant);

}  // namespace signalbox::calendar
