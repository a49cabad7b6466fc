// SPDX-License-Identifier: Apache-2.0
// What people sign for one environment of a plan.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/controller/release/plan/planning.hpp"

namespace signalbox::plan {
namespace {

const trust::ApprovedStep* step_of(const trust::Approval& approval, const std::string& id) {
    const auto it = std::find_if(approval.steps.begin(), approval.steps.end(),
                                 [&](const auto& step) { return step.step_id.str() == id; });
    return it == approval.steps.end() ? nullptr : &*it;
}

TEST(Approval, names_every_step_of_its_environment_and_their_undo) {
    Planning planning;
    const Plan plan = planning.must();
    ApprovalTerms terms;
    terms.not_before = from_unix_seconds(100);
    terms.not_after = from_unix_seconds(200);
    terms.undo_not_after = from_unix_seconds(300);
    const auto approval = approval_for(plan, "production", terms);
    ASSERT_TRUE(approval) << approval.error().to_string();
    EXPECT_EQ(approval->steps.size(), plan.environments[1].steps.size() + plan.environments[1].undo.size());
    EXPECT_EQ(approval->plan_sha256, plan_digest(serialize(plan)));
    const auto* undo = step_of(*approval, "production/old-1/activate!undo");
    ASSERT_NE(undo, nullptr);
    EXPECT_EQ(undo->undo_of.str(), "production/old-1/activate");
    EXPECT_EQ(undo->action, "release.revert");
    const auto* stage = step_of(*approval, "production/old-1/stage");
    ASSERT_NE(stage, nullptr);
    EXPECT_EQ(stage->artifact_sha256.size(), 1U);
    EXPECT_EQ(stage->host, "old-1");
    EXPECT_EQ(undo->host, "old-1");
    EXPECT_FALSE(approval_for(plan, "nowhere", terms));
    std::swap(terms.not_before, terms.not_after);
    EXPECT_FALSE(approval_for(plan, "production", terms));
}

}  // namespace
}  // namespace signalbox::plan
