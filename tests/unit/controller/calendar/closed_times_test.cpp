// SPDX-License-Identifier: Apache-2.0
#include "controller/calendar/closed_times.hpp"

#include <gmock/gmock.h>

namespace signalbox::calendar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Instant at(const char* text) {
    return parse_rfc3339(text).value();
}
std::vector<std::string> closed(const Calendar& calendar, const char* from, const char* to) {
    const auto times = closed_times(calendar, at(from), at(to));
    if (!times) return {times.error().to_string()};
    std::vector<std::string> out;
    for (const auto& one : *times) {
        out.push_back(to_rfc3339(one.from) + " " + to_rfc3339(one.to) + " " + one.name);
    }
    return out;
}

TEST(ClosedTimes, without_a_calendar_nothing_is_closed) {
    EXPECT_THAT(closed({}, "2026-11-26T00:00:00Z", "2026-11-30T00:00:00Z"), IsEmpty());
}

TEST(ClosedTimes, what_is_not_open_is_closed) {
    const Calendar calendar{"retail", "Sat-Sun 00:00-06:00 UTC", {}};
    EXPECT_THAT(closed(calendar, "2026-11-27T12:00:00Z", "2026-11-29T03:00:00Z"),
                ElementsAre("2026-11-27T12:00:00Z 2026-11-28T00:00:00Z outside the hours of retail",
                            "2026-11-28T06:00:00Z 2026-11-29T00:00:00Z outside the hours of retail"));
    EXPECT_THAT(closed(calendar, "2026-11-28T01:00:00Z", "2026-11-28T02:00:00Z"), IsEmpty());
    EXPECT_THAT(closed(calendar, "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"),
                ElementsAre("2026-11-23T00:00:00Z 2026-11-24T00:00:00Z outside the hours of retail"));
}

TEST(ClosedTimes, blackouts_are_cut_to_what_is_asked_and_named_together_where_they_overlap) {
    const Calendar calendar{"retail",
                            "",
                            {{"sale", at("2026-11-27T00:00:00Z"), at("2026-11-29T00:00:00Z")},
                             {"audit", at("2026-11-28T00:00:00Z"), at("2026-11-30T00:00:00Z")},
                             {"past", at("2020-01-01T00:00:00Z"), at("2020-01-02T00:00:00Z")}}};
    EXPECT_THAT(closed(calendar, "2026-11-27T12:00:00Z", "2026-12-01T00:00:00Z"),
                ElementsAre("2026-11-27T12:00:00Z 2026-11-28T00:00:00Z sale",
                            "2026-11-28T00:00:00Z 2026-11-29T00:00:00Z audit, sale",
                            "2026-11-29T00:00:00Z 2026-11-30T00:00:00Z audit"));
}

TEST(ClosedTimes, two_blackouts_of_one_name_that_touch_are_one) {
    const Calendar calendar{"c",
                            "",
                            {{"freeze", at("2026-12-01T00:00:00Z"), at("2026-12-02T00:00:00Z")},
                             {"freeze", at("2026-12-02T00:00:00Z"), at("2026-12-03T00:00:00Z")},
                             {"freeze", at("2026-12-02T12:00:00Z"), at("2026-12-04T00:00:00Z")}}};
    EXPECT_THAT(closed(calendar, "2026-11-01T00:00:00Z", "2027-01-01T00:00:00Z"),
                ElementsAre("2026-12-01T00:00:00Z 2026-12-04T00:00:00Z freeze"));
}

TEST(ClosedTimes, hours_that_cannot_be_read_are_an_error_and_not_open) {
    EXPECT_THAT(
        closed({"c", "Mon 08:00-18:00 Mars/Base", {}}, "2026-11-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ElementsAre(HasSubstr("does not exist")));
}

}  // namespace
}  // namespace signalbox::calendar
