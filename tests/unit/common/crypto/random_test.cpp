// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/random.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tests/fakes/fixed_random.hpp"

namespace signalbox::crypto {
namespace {

TEST(SystemRandom, MakesVersionFourUuidsThatDiffer) {
    SystemRandom random;
    const std::regex shape("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const std::string uuid = random.uuid();
        EXPECT_TRUE(std::regex_match(uuid, shape)) << uuid;
        seen.insert(uuid);
    }
    EXPECT_EQ(seen.size(), 100U);
}

TEST(FixedRandom, RepeatsItselfForTheSameSeedOnly) {
    fakes::FixedRandom a(7), b(7), c(8);
    const Bytes first = a.bytes(100);
    EXPECT_EQ(first, b.bytes(100));
    EXPECT_NE(first, c.bytes(100));
    EXPECT_NE(first, a.bytes(100));
}

}  // namespace
}  // namespace signalbox::crypto
