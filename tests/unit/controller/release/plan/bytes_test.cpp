// SPDX-License-Identifier: Apache-2.0
// A plan's canonical bytes, there and back.
#include <gmock/gmock.h>

#include "tests/unit/controller/release/plan/planning.hpp"

namespace signalbox::plan {
namespace {

using ::testing::HasSubstr;

TEST(PlanBytes, read_back_to_the_same_plan) {
    Planning planning;
    const Plan plan = planning.must();
    const std::string bytes = serialize(plan);
    const auto again = parse_plan(bytes);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(*again, plan);
    EXPECT_EQ(serialize(*again), bytes);
}

TEST(PlanBytes, a_changed_action_an_unknown_member_and_a_forward_edge_are_refused) {
    Planning planning;
    const std::string bytes = serialize(planning.must());
    const auto refuse = [&](const auto& change) {
        auto document = json::parse(bytes).value();
        change(document);
        const auto plan = parse_plan(json::canonical(document));
        return plan ? std::string("it was read") : plan.error().message();
    };
    EXPECT_THAT(refuse([](auto& d) { d["environments"][0]["steps"][1]["action"]["argv"][0] = "evil"; }),
                HasSubstr("steps[1].action_sha256 is not the digest of the action"));
    EXPECT_THAT(refuse([](auto& d) { d["extra"] = 1; }), HasSubstr("$.extra is not known here"));
    EXPECT_THAT(refuse([](auto& d) { d["environments"][0]["steps"][0]["needs"] = {"staging/test-1/check"}; }),
                HasSubstr("which is no earlier step"));
    EXPECT_THAT(refuse([](auto& d) { d["environments"][0]["undo"][0]["undo_of"] = "nobody"; }),
                HasSubstr("undoes 'nobody'"));
}

}  // namespace
}  // namespace signalbox::plan
