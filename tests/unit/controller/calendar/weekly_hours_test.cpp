// SPDX-License-Identifier: Apache-2.0
// Hours of the week, also over the nights when clocks are put forward or back.
#include "controller/calendar/weekly_hours.hpp"

#include <gmock/gmock.h>

namespace signalbox::calendar {
namespace {

using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Instant at(const char* text) {
    return parse_rfc3339(text).value();
}
std::vector<std::string> when(const char* hours, const char* from, const char* to) {
    const auto parsed = parse_weekly_hours(hours);
    if (!parsed) return {parsed.error().to_string()};
    std::vector<std::string> out;
    for (const auto& one : intervals(*parsed, at(from), at(to))) {
        out.push_back(to_rfc3339(one.from) + " " + to_rfc3339(one.to));
    }
    return out;
}
std::string error(const char* hours) {
    const auto parsed = parse_weekly_hours(hours);
    return parsed ? "it was read" : parsed.error().to_string();
}
std::string local(const char* text) {
    const auto parsed = parse_local_time(text);
    return parsed ? to_rfc3339(*parsed) : parsed.error().to_string();
}

TEST(WeeklyHours, days_are_ranges_and_lists_also_around_the_week) {
    const auto hours = parse_weekly_hours("Mon,Wed,Sat-Sun 08:00-18:30 Europe/Berlin").value();
    EXPECT_THAT(
        hours.spans,
        ElementsAre(DailyHours{
            {true, false, true, false, false, true, true}, minutes(480), minutes(1110), "Europe/Berlin"}));
    const auto around = parse_weekly_hours("Sat-Mon 00:00-24:00 UTC").value();
    EXPECT_THAT(around.spans[0].days, ElementsAre(true, false, false, false, false, true, true));
}

TEST(WeeklyHours, working_hours_are_found_and_cut_to_what_is_asked) {
    EXPECT_THAT(
        when("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-26T12:00:00Z", "2026-11-30T08:00:00Z"),
        ElementsAre("2026-11-26T12:00:00Z 2026-11-26T17:00:00Z", "2026-11-27T07:00:00Z 2026-11-27T17:00:00Z",
                    "2026-11-30T07:00:00Z 2026-11-30T08:00:00Z"));
    EXPECT_THAT(when("Mon-Fri 08:00-18:00 Europe/Berlin", "2026-11-28T00:00:00Z", "2026-11-29T23:00:00Z"),
                IsEmpty());
    EXPECT_THAT(when("Mon-Fri 08:00-18:00 UTC", "2026-11-26T12:00:00Z", "2026-11-26T12:00:00Z"), IsEmpty());
    EXPECT_THAT(when("Mon-Fri 08:00-18:00 UTC", "2026-11-26T12:00:00Z", "2026-11-25T12:00:00Z"), IsEmpty());
}

TEST(WeeklyHours, a_night_belongs_to_the_day_on_which_it_begins) {
    EXPECT_THAT(when("Fri 22:00-06:00 UTC", "2026-11-28T02:00:00Z", "2026-12-01T00:00:00Z"),
                ElementsAre("2026-11-28T02:00:00Z 2026-11-28T06:00:00Z"));
    EXPECT_THAT(when("Sat 08:00-08:00 UTC", "2026-11-27T00:00:00Z", "2026-12-01T00:00:00Z"),
                ElementsAre("2026-11-28T08:00:00Z 2026-11-29T08:00:00Z"));
}

TEST(WeeklyHours, what_touches_or_overlaps_is_one) {
    EXPECT_THAT(when("Sat-Sun 00:00-24:00 UTC; Mon 00:00-06:00 UTC; Sat 12:00-13:00 Europe/Berlin",
                     "2026-11-26T00:00:00Z", "2026-12-02T00:00:00Z"),
                ElementsAre("2026-11-28T00:00:00Z 2026-11-30T06:00:00Z"));
}

// Europe/Berlin: 2026-03-29 02:00 becomes 03:00; 2026-10-25 03:00 becomes 02:00.
TEST(WeeklyHours, the_night_that_skips_an_hour_in_berlin) {
    EXPECT_THAT(when("Sun 00:00-06:00 Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z"),
                ElementsAre("2026-03-28T23:00:00Z 2026-03-29T04:00:00Z"));
    EXPECT_THAT(when("Sun 02:30-06:00 Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z"),
                ElementsAre("2026-03-29T01:00:00Z 2026-03-29T04:00:00Z"));
    EXPECT_THAT(when("Sun 00:00-02:30 Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z"),
                ElementsAre("2026-03-28T23:00:00Z 2026-03-29T01:00:00Z"));
    EXPECT_THAT(when("Sun 02:00-03:00 Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z"),
                IsEmpty());
}

TEST(WeeklyHours, the_night_that_has_an_hour_twice_in_berlin) {
    EXPECT_THAT(when("Sun 00:00-06:00 Europe/Berlin", "2026-10-24T00:00:00Z", "2026-10-26T00:00:00Z"),
                ElementsAre("2026-10-24T22:00:00Z 2026-10-25T05:00:00Z"));
    EXPECT_THAT(when("Sun 02:30-06:00 Europe/Berlin", "2026-10-24T00:00:00Z", "2026-10-26T00:00:00Z"),
                ElementsAre("2026-10-25T00:30:00Z 2026-10-25T05:00:00Z"));
    EXPECT_THAT(when("Sat 22:00-02:30 Europe/Berlin", "2026-10-24T00:00:00Z", "2026-10-26T00:00:00Z"),
                ElementsAre("2026-10-24T20:00:00Z 2026-10-25T01:30:00Z"));
}

// Australia/Sydney: 2026-10-04 02:00 becomes 03:00; 2026-04-05 03:00 becomes 02:00.
TEST(WeeklyHours, both_nights_in_sydney_where_the_year_is_turned_round) {
    EXPECT_THAT(when("Sun 00:00-06:00 Australia/Sydney", "2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z"),
                ElementsAre("2026-10-03T14:00:00Z 2026-10-03T19:00:00Z"));
    EXPECT_THAT(when("Sun 00:00-06:00 Australia/Sydney", "2026-04-04T00:00:00Z", "2026-04-06T00:00:00Z"),
                ElementsAre("2026-04-04T13:00:00Z 2026-04-04T20:00:00Z"));
}

// America/Santiago puts its clocks forward at midnight: that day begins at 01:00.
TEST(WeeklyHours, a_day_without_a_midnight_begins_at_the_change) {
    EXPECT_THAT(when("Sun 00:00-02:00 America/Santiago", "2026-09-06T00:00:00Z", "2026-09-07T00:00:00Z"),
                ElementsAre("2026-09-06T04:00:00Z 2026-09-06T05:00:00Z"));
}

TEST(WeeklyHours, what_is_wrong_is_named_with_what_to_write) {
    EXPECT_THAT(error(""), HasSubstr("'' is not of the form 'days hours zone'. Write it as \"Mon-Fri"));
    EXPECT_THAT(error("Mon-Fri 08:00-18:00"), HasSubstr("is not of the form"));
    EXPECT_THAT(error("Mo-Fr 08:00-18:00 UTC"), HasSubstr("'Mo' is no day. Write Mon Tue"));
    EXPECT_THAT(error("Mon-Tue-Wed 08:00-18:00 UTC"), HasSubstr("'Mon-Tue-Wed' is no day"));
    EXPECT_THAT(error("Mon, 08:00-18:00 UTC"), HasSubstr("'' is no day"));
    EXPECT_THAT(error("Mon 8-18 UTC"), HasSubstr("'8-18' are no hours of a day"));
    EXPECT_THAT(error("Mon 08:00-25:00 UTC"), HasSubstr("no hours"));
    EXPECT_THAT(error("Mon 08:60-18:00 UTC"), HasSubstr("no hours"));
    EXPECT_THAT(error("Mon 24:00-06:00 UTC"), HasSubstr("no hours"));
    EXPECT_THAT(error("Mon 08:00 UTC"), HasSubstr("no hours"));
    EXPECT_THAT(error("Mon 08:00-18:00 UTC;"), HasSubstr("is not of the form"));
}

TEST(WeeklyHours, a_zone_that_does_not_exist_is_an_error_and_paths_are_no_zones) {
    EXPECT_THAT(error("Mon 08:00-18:00 Europe/Berlln"),
                HasSubstr("the time zone 'Europe/Berlln' does not exist. Write the IANA name"));
    for (const auto* zone : {"/etc/localtime", "localtime", "../../etc/passwd", "Fixed/UTC+01:00:00",
                             "posixrules", "europe/berlin", "Europe", "right/UTC", "X"}) {
        EXPECT_THAT(error((std::string("Mon 08:00-18:00 ") + zone).c_str()), HasSubstr("does not exist"))
            << zone;
    }
}

TEST(LocalTime, is_read_in_its_zone) {
    EXPECT_EQ(local("2026-12-24 00:00 Europe/Berlin"), "2026-12-23T23:00:00Z");
    EXPECT_EQ(local("2026-12-24 18:30 UTC"), "2026-12-24T18:30:00Z");
    EXPECT_EQ(local("2026-03-29 02:30 Europe/Berlin"), "2026-03-29T01:00:00Z");  // skipped: the change
    EXPECT_EQ(local("2026-10-25 02:30 Europe/Berlin"), "2026-10-25T00:30:00Z");  // twice: the first
    EXPECT_THAT(local("2026-12-24 Europe/Berlin"), HasSubstr("Write date, time and zone"));
    EXPECT_THAT(local("2026-13-24 00:00 UTC"), HasSubstr("'2026-13-24' is no date"));
    EXPECT_THAT(local("2026-02-29 00:00 UTC"), HasSubstr("is no date"));
    EXPECT_THAT(local("26-02-28 00:00 UTC"), HasSubstr("is no date"));
    EXPECT_THAT(local("2026-02-28 24:00 UTC"), HasSubstr("is no time"));
    EXPECT_THAT(local("2026-02-28 00:00 CEST2"), HasSubstr("the time zone 'CEST2' does not exist"));
}

}  // namespace
}  // namespace signalbox::calendar
