// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "simulation.hpp"

namespace signalbox::scenario {
namespace {

TEST(Scenario, RandomSeedsKeepTheInvariants) {
    std::map<std::string, int> endings;
    int crashes = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        const Report report = Simulation(seed, false).run();
        for (const std::string& violation : report.violations) {
            ADD_FAILURE() << violation << "\nreplay: scenario_runner --seed " << seed;
        }
        for (const auto& [ending, count] : report.endings) endings[ending] += count;
        crashes += report.crashes;
    }
    // A simulation in which nothing goes wrong proves nothing.
    EXPECT_GT(crashes, 100);
    for (const char* ending : {"succeeded", "undone", "undone_partly", "failed", "aborted"}) {
        EXPECT_GT(endings[ending], 0) << ending;
    }
}

}  // namespace
}  // namespace signalbox::scenario
