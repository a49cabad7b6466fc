// SPDX-License-Identifier: Apache-2.0
// Throttles, breakers and calendars of the estate.
#include <gmock/gmock.h>

#include "tests/support/estate/sample_estate.hpp"

namespace signalbox::estate {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kProd = "environments/production.yaml";
constexpr auto kRel = "releases/shop-1.1.0.yaml";
constexpr auto kThrottle = "throttles/all.yaml";
constexpr auto kCalendar = "calendars/retail.yaml";

constexpr auto kThrottleText = R"(kind: Throttle
global: {max_in_flight: 50, hard_cap: 80}
sites:
  cloud: {max_in_flight: 20}
)";
constexpr auto kCalendarText = R"(kind: Calendar
name: retail
open: "Sat-Sun 00:00-06:00 Europe/Berlin"
blackouts:
  - {name: christmas, from: "2026-12-24 00:00 Europe/Berlin", to: "2026-12-27 00:00 Europe/Berlin"}
)";
constexpr auto kPeak =
    "throttle: {max_in_flight: 10, hard_cap: 15, peak: {hours: \"Mon-Fri 08:00-18:00 Europe/Berlin\", "
    "max_in_flight: 2}}\ncalendar: retail\nbreaker: {failures: 3, rate: 20%, rate_of: 5, window: 15m, "
    "half_open_after: 2m}";

support::SampleEstate full() {
    support::SampleEstate out;
    out.texts[kThrottle] = kThrottleText;
    out.texts[kCalendar] = kCalendarText;
    out.edit(kProd, "throttle: {max_in_flight: 10}", kPeak);
    out.texts[kRel] += "priority: emergency\noverrun: undo\njitter: 30s\nbreaker: {failures: 2}\n";
    return out;
}

std::vector<std::string> texts(const Problems& problems) {
    std::vector<std::string> out;
    for (const auto& problem : problems) out.push_back(to_string(problem));
    return out;
}

TEST(EstateLimits, are_read) {
    const auto loaded = full().load();
    EXPECT_THAT(texts(loaded.problems), IsEmpty());
    const Environment& production = loaded.estate.environments.at("production");
    EXPECT_EQ(production.throttle.max_in_flight, 10);
    EXPECT_EQ(production.throttle.hard_cap, 15);
    EXPECT_EQ(production.throttle.peak_hours, "Mon-Fri 08:00-18:00 Europe/Berlin");
    EXPECT_EQ(production.throttle.peak_max_in_flight, 2);
    EXPECT_EQ(production.breaker.failures, 3);
    EXPECT_EQ(production.breaker.rate_percent, 20);
    EXPECT_EQ(production.breaker.rate_of, 5);
    EXPECT_EQ(production.breaker.window, Seconds(900));
    EXPECT_EQ(production.breaker.half_open_after, Seconds(120));
    EXPECT_EQ(production.calendar.value, "retail");
    EXPECT_EQ(loaded.estate.environments.at("staging").throttle.hard_cap, 2);
    EXPECT_EQ(loaded.estate.throttle->global->hard_cap, 80);
    EXPECT_EQ(loaded.estate.throttle->sites.at("cloud").max_in_flight, 20);
    const auto& calendar = loaded.estate.calendars.at("retail").value;
    EXPECT_EQ(calendar.open_hours, "Sat-Sun 00:00-06:00 Europe/Berlin");
    ASSERT_EQ(calendar.blackouts.size(), 1U);
    EXPECT_EQ(to_rfc3339(calendar.blackouts[0].from), "2026-12-23T23:00:00Z");
    const Release& release = loaded.estate.releases.at(kRel);
    EXPECT_EQ(release.priority, "emergency");
    EXPECT_EQ(release.overrun, "undo");
    EXPECT_EQ(release.jitter, Seconds(30));
    EXPECT_EQ(release.breaker.failures, 2);
}

TEST(EstateLimits, there_is_one_throttle_for_the_whole_estate) {
    auto sample = full();
    sample.texts["throttles/more.yaml"] = kThrottleText;
    EXPECT_THAT(
        texts(sample.load().problems),
        Contains(HasSubstr("throttles/more.yaml:1:1: the throttle is in throttles/all.yaml already")));
}

struct Slip {
    const char* name;
    const char* file;
    const char* from;
    const char* to;
    const char* expect;
};

class LimitSlip : public ::testing::TestWithParam<Slip> {};

TEST_P(LimitSlip, is_found_at_its_place) {
    const Slip& slip = GetParam();
    auto sample = full();
    sample.edit(slip.file, slip.from, slip.to);
    EXPECT_THAT(texts(sample.load().problems), Contains(HasSubstr(slip.expect)));
}

INSTANTIATE_TEST_SUITE_P(
    All, LimitSlip,
    ::testing::Values(
        Slip{"hard_cap_too_low", kProd, "hard_cap: 15", "hard_cap: 9",
             "environments/production.yaml:6:41: 'hard_cap' of throttle is 9, lower than 'max_in_flight', "
             "10. Write "
             "at least 10"},
        Slip{"peak_too_high", kProd, "max_in_flight: 2}", "max_in_flight: 11}",
             "throttle lets more in flight in peak hours (11) than otherwise (10)"},
        Slip{"peak_zone", kProd, "Europe/Berlin\", max", "Europe/Berlim\", max",
             "environments/production.yaml:6:59: the time zone 'Europe/Berlim' does not exist"},
        Slip{"peak_day", kProd, "Mon-Fri", "Mo-Fr", "'Mo' is no day"},
        Slip{"zero_hard_cap", kThrottle, "hard_cap: 80", "hard_cap: 0", "'hard_cap' of global is '0'"},
        Slip{"negative_site", kThrottle, "max_in_flight: 20", "max_in_flight: -1",
             "'max_in_flight' of site 'cloud' is '-1'"},
        Slip{"unknown_site", kThrottle, "  cloud:", "  clout:",
             "throttles/all.yaml:4:10: no host group of the estate is in the site 'clout'. Did you mean "
             "'cloud'?"},
        Slip{"empty_throttle", kThrottle,
             "global: {max_in_flight: 50, hard_cap: 80}\nsites:\n  cloud: {max_in_flight: 20}\n", "",
             "the throttle limits nothing"},
        Slip{"rate_over_100", kProd, "rate: 20%", "rate: 120%",
             "'rate' of breaker is '120%'. Write a percentage from 1% to 100%"},
        Slip{"rate_no_percentage", kProd, "rate: 20%", "rate: 20", "'rate' of breaker is '20'"},
        Slip{"zero_failures", kProd, "failures: 3", "failures: 0", "'failures' of breaker is '0'"},
        Slip{"rate_of_alone", kProd, "rate: 20%, ", "", "'rate_of' of breaker stands without 'rate'"},
        Slip{"empty_breaker", kRel, "{failures: 2}", "{window: 5m}", "the breaker counts nothing"},
        Slip{"unknown_calendar", kProd, "calendar: retail", "calendar: retial",
             "environments/production.yaml:7:11: calendar 'retial' is not in the estate. Did you mean "
             "'retail'?"},
        Slip{"open_zone", kCalendar, "06:00 Europe/Berlin", "06:00 Berlin",
             "calendars/retail.yaml:3:7: the time zone 'Berlin' does not exist"},
        Slip{"blackout_backwards", kCalendar, "2026-12-27", "2026-12-23",
             "calendars/retail.yaml:5:67: the blackout 'christmas' ends before it begins"},
        Slip{"blackout_date", kCalendar, "2026-12-27", "2026-02-30", "'2026-02-30' is no date"},
        Slip{"blackout_key", kCalendar,
             "from:", "form:", "'form' is not known in a blackout. Did you mean 'from'?"},
        Slip{"blackouts_no_list", kCalendar, "  - {name: christmas", "  {name: christmas",
             "'blackouts' of the calendar must be a list"},
        Slip{"priority", kRel, "priority: emergency", "priority: urgent",
             "'priority' of the release is 'urgent', which is not known. Write one of: normal, emergency"},
        Slip{"overrun", kRel, "overrun: undo", "overrun: ignore", "'overrun' of the release is 'ignore'"},
        Slip{"jitter", kRel, "jitter: 30s", "jitter: 30", "'jitter' of the release is '30'"}),
    [](const auto& slip) { return std::string(slip.param.name); });

}  // namespace
}  // namespace signalbox::estate
