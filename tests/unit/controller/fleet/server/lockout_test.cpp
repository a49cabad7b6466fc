// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/lockout.hpp"

#include <gtest/gtest.h>

namespace signalbox::fleet {
namespace {

using namespace std::chrono_literals;
const Instant kNow = from_unix_seconds(1'800'000'000);

TEST(Lockout, ShutsOnePeerOutForAWhileAndNobodyElse) {
    Lockout lockout({3, 10min, 15min, 100});
    EXPECT_FALSE(lockout.failed("a", kNow));
    EXPECT_FALSE(lockout.failed("a", kNow + 1s));
    EXPECT_FALSE(lockout.locked("a", kNow + 1s));
    EXPECT_TRUE(lockout.failed("a", kNow + 2s));
    EXPECT_TRUE(lockout.locked("a", kNow + 2s + 15min - 1s));
    EXPECT_FALSE(lockout.locked("a", kNow + 2s + 15min));
    EXPECT_FALSE(lockout.locked("b", kNow + 2s));
}

TEST(Lockout, attack_18_of_a_million_guesses_a_handful_is_judged) {
    Lockout lockout;
    int judged = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        const Instant now = kNow + i * 1ms;  // a thousand a second
        if (lockout.locked("a", now)) continue;
        ++judged;
        lockout.failed("a", now);
    }
    EXPECT_LE(judged, 20) << "of 2^256 secrets";
}

TEST(Lockout, ForgivesFailuresThatLieFarApart) {
    Lockout lockout({3, 10min, 15min, 100});
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(lockout.failed("a", kNow + i * 6min));
}

TEST(Lockout, RemembersABoundedNumberOfPeers) {
    Lockout lockout({1, 10min, 15min, 2});
    lockout.failed("old", kNow);
    lockout.failed("newer", kNow + 1s);
    lockout.failed("newest", kNow + 2s);
    EXPECT_FALSE(lockout.locked("old", kNow + 3s));
    EXPECT_TRUE(lockout.locked("newer", kNow + 3s));
    EXPECT_TRUE(lockout.locked("newest", kNow + 3s));
}

}  // namespace
}  // namespace signalbox::fleet
