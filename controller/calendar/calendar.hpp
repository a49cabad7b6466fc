// SPDX-License-Identifier: Apache-2.0
// A calendar as a value: when releases may start in an environment. Plans carry it as it was when they were
// made.
#pragma once

#include <string>
#include <vector>

#include "common/base/time.hpp"

namespace signalbox::calendar {

struct Blackout {
    std::string name;
    Instant from{};
    Instant to{};
    friend bool operator==(const Blackout&, const Blackout&) = default;
};

struct Calendar {
    std::string name;        // empty: none
    std::string open_hours;  // as parse_weekly_hours reads them; empty: always
    std::vector<Blackout> blackouts;
    friend bool operator==(const Calendar&, const Calendar&) = default;
};

}  // namespace signalbox::calendar
