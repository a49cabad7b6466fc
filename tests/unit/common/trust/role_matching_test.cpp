// SPDX-License-Identifier: Apache-2.0
#include "common/trust/role_matching.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace signalbox::trust {
namespace {

using Places = std::vector<int>;

TEST(FillRoles, MovesAPersonToTheRoleThatOnlyTheyCanFill) {
    // Person 0 may fill both roles and comes first; person 1 only role 0.
    EXPECT_EQ(fill_roles({1, 1}, {{0, 1}, {0}}), (Places{1, 1}));
    // A chain of three moves.
    EXPECT_EQ(fill_roles({1, 1, 1}, {{0, 1}, {1, 2}, {0}}), (Places{1, 1, 1}));
    EXPECT_EQ(fill_roles({1, 1, 1}, {{0, 1}, {0, 2}, {0}}), (Places{1, 1, 1}));
}

TEST(FillRoles, OnePersonNeverFillsTwoPlaces) {
    const Places filled = fill_roles({1, 1}, {{0, 1}});
    EXPECT_EQ(filled[0] + filled[1], 1);
    EXPECT_EQ(fill_roles({2}, {{0}}), (Places{1}));
}

TEST(FillRoles, NeverFillsMoreThanThereIs) {
    EXPECT_EQ(fill_roles({1, 0}, {{0, 1}, {0, 1}, {1}}), (Places{1, 0}));
    EXPECT_EQ(fill_roles({}, {}), Places{});
    EXPECT_EQ(fill_roles({2}, {{}, {}}), (Places{0}));
}

// Against trying every assignment of up to four people to three roles.
TEST(FillRoles, IsAsLargeAsTheBestByExhaustion) {
    for (unsigned bits = 0; bits < (1U << 12); ++bits) {
        std::vector<std::vector<std::size_t>> eligible(4);
        for (unsigned at = 0; at < 12; ++at) {
            if ((bits >> at & 1) != 0) eligible[at / 3].push_back(at % 3);
        }
        const Places places{1, 2, 1};
        int best = 0;
        for (unsigned code = 0; code < 256; ++code) {  // each person: role 0 to 2, or 3 for none
            Places used(3, 0);
            bool allowed = true;
            for (unsigned person = 0; person < 4; ++person) {
                const std::size_t role = code >> (2 * person) & 3;
                if (role == 3) continue;
                const auto& may = eligible[person];
                allowed = allowed && std::find(may.begin(), may.end(), role) != may.end() &&
                          ++used[role] <= places[role];
            }
            if (allowed) best = std::max(best, std::accumulate(used.begin(), used.end(), 0));
        }
        const Places filled = fill_roles(places, eligible);
        ASSERT_EQ(std::accumulate(filled.begin(), filled.end(), 0), best) << bits;
    }
}

}  // namespace
}  // namespace signalbox::trust
