// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/manual_strand.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace signalbox::fakes {
namespace {

using std::chrono::seconds;

TEST(ManualStrandTest, TimersSeeTheirOwnInstantWhenTheTestMovesTheClock) {
    ManualClock clock;
    ManualStrand strand(clock);
    const Instant start = clock.now();
    std::vector<Duration> fired;
    std::function<void()> every = [&] {
        fired.push_back(clock.now() - start);
        strand.post_at(clock.now() + seconds(10), every);
    };
    strand.post_at(start + seconds(10), every);
    strand.advance(seconds(35));
    EXPECT_EQ(fired, (std::vector<Duration>{seconds(10), seconds(20), seconds(30)}));
    EXPECT_EQ(clock.now() - start, seconds(35));
}

TEST(ManualStrandTest, CallRunsOnTheTestsThread) {
    ManualClock clock;
    ManualStrand strand(clock);
    int before = 0;
    strand.post([&] { before = 1; });
    EXPECT_EQ(strand.call([&]() -> Result<int> { return before + 1; }).value(), 2);
}

}  // namespace
}  // namespace signalbox::fakes
