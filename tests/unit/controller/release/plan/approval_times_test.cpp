// SPDX-License-Identifier: Apache-2.0
// When what people sign may run: the window, the time to undo, and what is closed.
#include <gtest/gtest.h>

#include "controller/release/plan/compile.hpp"

namespace signalbox::plan {
namespace {

Instant at(std::int64_t second) {
    return from_unix_seconds(1'800'000'000 + second);
}

class ApprovalTimes : public ::testing::Test {
  protected:
    ApprovalTimes() {
        PlanStep step;
        step.id = StepId{"production/web-1/activate"};
        step.agent_id = AgentId{"0d5e3b1e-0000-4000-8000-000000000001"};
        step.host = "web-1";
        step.kind = "release.activate";
        PlanEnvironment production;
        production.name = "production";
        production.steps = {step};
        plan.cluster_id = ClusterId{"demo"};
        plan.release_id = ReleaseId{"web-1.2.3-7"};
        plan.release_counter = 7;
        plan.requester = "Rita";
        plan.environments = {production};
        terms.not_before = at(0);
        terms.not_after = at(100);
        terms.undo_not_after = at(200);
    }
    [[nodiscard]] Result<trust::Approval> approval() const { return approval_for(plan, "production", terms); }
    [[nodiscard]] std::string problem() const {
        const auto made = approval();
        return made ? "" : made.error().message();
    }

    Plan plan;
    ApprovalTerms terms;
};

TEST_F(ApprovalTimes, are_those_of_the_terms_and_of_the_plan) {
    plan.overrun = Overrun::stop;
    terms.closed = {{at(10), at(20), "lunch"}};
    const auto made = approval();
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    EXPECT_EQ(made->not_before, at(0));
    EXPECT_EQ(made->not_after, at(100));
    EXPECT_EQ(made->undo_not_after, at(200));
    EXPECT_EQ(made->overrun, "stop");
    EXPECT_EQ(made->closed, terms.closed);
    EXPECT_TRUE(trust::parse_approval(trust::serialize(*made)).ok()) << "its reader agrees";
}

TEST_F(ApprovalTimes, undo_has_at_least_the_window) {
    terms.undo_not_after = terms.not_after;
    EXPECT_EQ(problem(), "");
    terms.undo_not_after = at(99);
    EXPECT_EQ(problem(), "the time to undo ends before the approval's window");
    terms.not_after = at(0);
    EXPECT_EQ(problem(), "the approval's window ends before it begins");
}

TEST_F(ApprovalTimes, what_is_closed_is_cut_to_the_window) {
    terms.closed = {{at(-50), at(-10), "yesterday"},
                    {at(-5), at(10), "night"},
                    {at(10), at(20), "lunch"},
                    {at(90), at(500), "freeze"},
                    {at(600), at(700), "later"}};
    const auto made = approval();
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    const std::vector<trust::ClosedTime> expected = {
        {at(0), at(10), "night"}, {at(10), at(20), "lunch"}, {at(90), at(100), "freeze"}};
    EXPECT_EQ(made->closed, expected);
    EXPECT_TRUE(trust::parse_approval(trust::serialize(*made)).ok());
}

TEST_F(ApprovalTimes, closed_times_out_of_order_are_a_mistake) {
    terms.closed = {{at(30), at(40), "second"}, {at(10), at(20), "first"}};
    EXPECT_NE(problem().find("'first'"), std::string::npos) << problem();
    terms.closed = {{at(10), at(20), "one"}, {at(19), at(40), "overlaps"}};
    EXPECT_NE(problem().find("'overlaps'"), std::string::npos) << problem();
    terms.closed = {{at(20), at(20), "empty"}};
    EXPECT_NE(problem().find("'empty'"), std::string::npos) << problem();
}

}  // namespace
}  // namespace signalbox::plan
