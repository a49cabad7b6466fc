// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/app/report_limit.hpp"

#include <gtest/gtest.h>

namespace signalbox::executor {
namespace {

using std::chrono::seconds;

TEST(ReportLimit, after_the_burst_what_comes_is_counted_once_an_interval) {
    ReportLimit limit;
    const Duration start = seconds(1000);
    for (std::int64_t i = 0; i < ReportLimit::kBurst; ++i) ASSERT_TRUE(limit.admit("R_SIG", start));
    EXPECT_FALSE(limit.take(start + seconds(600)));
    const Duration later = start + seconds(10);
    EXPECT_FALSE(limit.admit("R_KID", later));
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(limit.admit("R_SIG", later));
    EXPECT_FALSE(limit.take(later + seconds(59)));
    const auto counted = limit.take(later + seconds(60));
    ASSERT_TRUE(counted);
    EXPECT_EQ(counted->code, "R_SIG");
    EXPECT_EQ(counted->detail, "4 more were only counted: R_SIG 3, R_KID 1");
    EXPECT_FALSE(limit.take(later + seconds(600), true));
}

TEST(ReportLimit, room_comes_back_slowly_and_never_more_than_the_burst) {
    ReportLimit limit;
    Duration now = seconds(1000);
    for (std::int64_t i = 0; i < ReportLimit::kBurst; ++i) ASSERT_TRUE(limit.admit("R_SIG", now));
    EXPECT_FALSE(limit.admit("R_SIG", now + seconds(59)));
    EXPECT_TRUE(limit.admit("R_SIG", now + seconds(60)));
    EXPECT_FALSE(limit.admit("R_SIG", now + seconds(119)));
    now += std::chrono::hours(24 * 365);
    for (std::int64_t i = 0; i < ReportLimit::kBurst; ++i) ASSERT_TRUE(limit.admit("R_SIG", now));
    EXPECT_FALSE(limit.admit("R_SIG", now));
    EXPECT_EQ(limit.take(now, true)->detail, "3 more were only counted: R_SIG 3");
}

}  // namespace
}  // namespace signalbox::executor
