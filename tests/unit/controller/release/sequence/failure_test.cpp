// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "driver.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

ReleaseSpec production_only() {
    return release_spec("r1", 1, {hybrid("production")});
}

void prepare_and_shift(Driver& d) {
    d.start(production_only());
    d.run("r1", "production/green/activate");
    d.run("r1", "production/legacy/stage");
    d.run("r1", "production/cloud/shift");
}

TEST(Failure, AStepIsTriedAgainAfterAPauseUntilItsAttemptsAreUsed) {
    Driver d;
    d.start(production_only());
    d.run("r1", "production/green/activate", "failed");
    EXPECT_EQ(d.at("r1", "production/green/activate").status, StepStatus::ready);
    EXPECT_THAT(d.why("r1", "production/green/activate"), HasSubstr("attempt 1 of 2 ended with failed"));
    d.wait(seconds(2));
    EXPECT_EQ(d.at("r1", "production/green/activate").attempt, 2);
    d.run("r1", "production/green/activate");
    EXPECT_EQ(d.at("r1", "production/green/activate").status, StepStatus::succeeded);
}

TEST(Failure, AfterTheSwitchBothSidesGoBackInReverseOrder) {
    Driver d;
    prepare_and_shift(d);
    d.run("r1", "production/legacy/activate", "failed");
    d.wait(seconds(2));
    d.dispatches.clear();
    d.run("r1", "production/legacy/activate", "failed");
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::undoing);
    d.run("r1", "production/legacy/activate!undo");
    d.run("r1", "production/cloud/shift!undo");
    d.run("r1", "production/green/activate!undo");
    std::vector<std::string> order;
    for (const Dispatch& dispatch : d.dispatches) order.push_back(dispatch.step.str());
    EXPECT_THAT(order, ElementsAre("production/legacy/activate!undo", "production/cloud/shift!undo",
                                   "production/green/activate!undo"));
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::undone);
    EXPECT_THAT(d.release("r1").reason, HasSubstr("production/legacy/activate failed on production-legacy"));
    EXPECT_TRUE(d.release("r1").not_undone.empty());
}

TEST(Failure, WaitsForWhatIsInFlightBeforeItUndoes) {
    Driver d;
    d.start(production_only());
    d.mint("r1", "production/green/activate");
    d.report("r1", "production/green/activate", Report::started);
    d.mint("r1", "production/legacy/stage");
    d.feed(ExecuteAnswered{ReleaseId("r1"), StepId("production/legacy/stage"), 1, Answer::refused,
                           "R_ARTIFACT", "cannot be fetched"});
    EXPECT_EQ(d.release("r1").course, Course::winding_down_to_undo);
    EXPECT_FALSE(d.dispatched("production/green/activate!undo"));
    d.report("r1", "production/green/activate", Report::finished, "ok");
    EXPECT_TRUE(d.dispatched("production/green/activate!undo"));
    EXPECT_FALSE(d.dispatched("production/cloud/shift"));
}

TEST(Failure, BeforeAnythingWasSwitchedLeavesProductionUntouched) {
    Driver d;
    StageSpec stage = make_stage("production", 2, {make_step("p/stage", "web", "artifact.stage")});
    stage.steps.push_back(make_step("p/activate", "web", "release.activate", {"p/stage"}));
    stage.undo = {make_undo(stage.steps[1], "release.revert")};
    d.start(release_spec("r1", 1, {stage}));
    d.mint("r1", "p/stage");
    d.feed(ExecuteAnswered{ReleaseId("r1"), StepId("p/stage"), 1, Answer::refused, "R_APPROVAL", "no"});
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::failed);
    EXPECT_THAT(d.release("r1").reason, HasSubstr("nothing had been switched"));
    EXPECT_FALSE(d.dispatched("p/activate!undo"));
}

TEST(Failure, AnUndoThatFailsIsNamedAndTheRestGoesOn) {
    Driver d;
    prepare_and_shift(d);
    d.mint("r1", "production/legacy/activate");
    d.command("r1", CommandKind::undo);
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::undoing);
    d.report("r1", "production/legacy/activate", Report::finished, "ok");
    for (int i = 0; i < 2; ++i) {
        d.run("r1", "production/legacy/activate!undo", "failed");
        d.wait(seconds(61));
    }
    d.run("r1", "production/cloud/shift!undo");
    d.run("r1", "production/green/activate!undo");
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::undone_partly);
    EXPECT_THAT(d.release("r1").not_undone,
                ElementsAre(HasSubstr("production-legacy: production/legacy/activate")));
}

TEST(Failure, WhatTakesTheTrafficIsNotTakenBackWhenTheTrafficStays) {
    Driver d;
    prepare_and_shift(d);
    d.mint("r1", "production/legacy/activate");
    d.report("r1", "production/legacy/activate", Report::started);
    d.command("r1", CommandKind::undo);
    d.report("r1", "production/legacy/activate", Report::finished, "ok");
    d.run("r1", "production/legacy/activate!undo");
    for (int i = 0; i < 2; ++i) {
        d.run("r1", "production/cloud/shift!undo", "failed");
        d.wait(seconds(61));
    }
    EXPECT_FALSE(d.dispatched("production/green/activate!undo"));
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::undone_partly);
    EXPECT_THAT(d.release("r1").not_undone, ElementsAre(HasSubstr("production/cloud/shift"),
                                                        HasSubstr("traffic could not be moved away")));
}

TEST(Failure, AShiftThatChangedNothingIsNotTakenBackAndThePreparedSideIs) {
    Driver d;
    d.start(production_only());
    d.run("r1", "production/green/activate");
    d.run("r1", "production/legacy/stage");
    for (int i = 0; i < 2; ++i) {
        d.run("r1", "production/cloud/shift", "unchanged");
        d.wait(seconds(3));
    }
    EXPECT_FALSE(d.dispatched("production/cloud/shift!undo"));
    d.run("r1", "production/green/activate!undo");
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::undone);
}

TEST(Failure, AnAttemptThatChangedNothingDoesNotHideAnEarlierOneThatDid) {
    Driver d;
    d.start(production_only());
    d.run("r1", "production/green/activate");
    d.run("r1", "production/legacy/stage");
    d.run("r1", "production/cloud/shift", "failed");
    d.wait(seconds(3));
    d.run("r1", "production/cloud/shift", "unchanged");
    EXPECT_TRUE(d.dispatched("production/cloud/shift!undo"));
}

TEST(Failure, WithoutUndoOnFailureAPersonDecides) {
    Driver d;
    ReleaseSpec spec = production_only();
    spec.undo_on_failure = false;
    for (StepSpec& s : spec.stages[0].steps) s.max_attempts = 1;
    d.start(spec);
    d.run("r1", "production/green/activate", "failed");
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::halted);
    const Status resume = allowed(d.state, Command{ReleaseId("r1"), CommandKind::resume, "", ""}, d.now);
    ASSERT_FALSE(resume.ok());
    EXPECT_THAT(resume.error().remedy(), HasSubstr("Undo or abort"));
    d.run("r1", "production/legacy/stage");
    d.command("r1", CommandKind::undo);
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::undoing);
}

}  // namespace
}  // namespace signalbox::sequence
