// SPDX-License-Identifier: Apache-2.0
// Every transition of the table in controller/release/sequence/transitions.hpp is taken by some run; none
// outside it, on which the sequencer terminates. Linked with a copy of the editor that tells of each:
// transitions.patch.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <tuple>

#include "chaos.hpp"
#include "controller/release/sequence/transitions.hpp"

namespace {

std::map<std::tuple<bool, int, int>, long> taken;

}  // namespace

void note_transition(bool of_course, int from, int to) {
    if (from != to) ++taken[{of_course, from, to}];
}

namespace signalbox::scenario {
namespace {

using sequence::to_string;

// What runs by chance need not come to, with the test that does.
const std::set<std::string> kTakenElsewhere{
    // A host tells of a start before it tells of the end: Unknown.AFinishedRecordAloneIsEnough.
    "ready -> succeeded",
};

template <class Table>
void look_for(const Table& table, bool of_course) {
    for (const auto& each : table) {
        const std::string name = std::string(to_string(each.from)) + " -> " + std::string(to_string(each.to));
        const long count = taken[{of_course, static_cast<int>(each.from), static_cast<int>(each.to)}];
        std::cout << (of_course ? "course " : "step ") << name << ": " << count << '\n';
        if (!kTakenElsewhere.contains(name)) {
            EXPECT_GT(count, 0) << name << ": " << each.when;
        }
    }
}

TEST(Transitions, EachIsTakenBySomeRun) {
    for (std::uint64_t seed = 200'001; seed <= 200'600; ++seed) (void)run_seed(seed, false);
    look_for(sequence::kStepTransitions, false);
    look_for(sequence::kCourseTransitions, true);
}

}  // namespace
}  // namespace signalbox::scenario
