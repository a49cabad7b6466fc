// SPDX-License-Identifier: Apache-2.0
#include "common/base/time.hpp"

#include <gtest/gtest.h>

namespace signalbox {
namespace {

using namespace std::chrono_literals;

TEST(Rfc3339, PrintsUtcAndTrimsTheFraction) {
    EXPECT_EQ(to_rfc3339(Instant{1'763'887'830s}), "2025-11-23T08:50:30Z");
    EXPECT_EQ(to_rfc3339(Instant{1'763'887'830s + 120ms}), "2025-11-23T08:50:30.12Z");
}

TEST(Rfc3339, ReadsOffsetsAndFractions) {
    EXPECT_EQ(parse_rfc3339("2025-11-23T09:50:30.5+01:00").value(), Instant{1'763'887'830s + 500ms});
    EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59Z").value(), Instant{-1s});
}

TEST(Rfc3339, RefusesWhatIsNotATime) {
    for (const char* text :
         {"", "2025-11-23", "2025-02-30T00:00:00Z", "2025-11-23T24:00:00Z", "2025-11-23T08:50:30",
          "2025-11-23T08:50:30.Z", "2025-11-23T08:50:30Zx", "2025-11-23T08:50:30+1:00"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

TEST(DurationText, ReadsAndWritesUnits) {
    EXPECT_EQ(parse_duration("1h30m").value(), 90min);
    EXPECT_EQ(parse_duration("250ms").value(), 250ms);
    EXPECT_EQ(format_duration(90s), "1m30s");
    EXPECT_EQ(format_duration(0s), "0s");
    for (const char* text : {"", "5", "s", "-5s", "5 s", "1y", "99999999999d"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace signalbox
