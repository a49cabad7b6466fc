// SPDX-License-Identifier: Apache-2.0
#include "agent/link/backoff.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/fixed_random.hpp"

namespace signalbox::link {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, SpreadsUnderACeilingThatDoublesUpToTheLongest) {
    fakes::FixedRandom random;
    Duration ceiling = 1s;
    Backoff backoff(random, {1s, 60s});
    bool differ = false;
    for (int i = 0; i < 20; ++i) {
        const Duration wait = backoff.next();
        EXPECT_GE(wait, 0s);
        EXPECT_LE(wait, ceiling);
        differ = differ || wait < ceiling / 2;
        ceiling = std::min<Duration>(ceiling * 2, 60s);
    }
    EXPECT_TRUE(differ) << "full jitter, not only a little";
    backoff.reset();
    EXPECT_LE(backoff.next(), 1s);
}

TEST(Backoff, RenewalsSpreadTenPercentAround) {
    fakes::FixedRandom random;
    const Duration half = 12h;
    Duration least = 24h;
    Duration most = 0s;
    for (int i = 0; i < 1000; ++i) {
        const Duration when = jittered(half, random);
        least = std::min(least, when);
        most = std::max(most, when);
    }
    EXPECT_GE(least, half * 9 / 10);
    EXPECT_LT(least, half * 92 / 100);
    EXPECT_LE(most, half * 11 / 10);
    EXPECT_GT(most, half * 108 / 100);
}

}  // namespace
}  // namespace signalbox::link
