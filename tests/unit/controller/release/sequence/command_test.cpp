// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "driver.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;

ReleaseSpec two_stages() {
    return release_spec("r1", 1, {hybrid("staging"), hybrid("production")});
}
void finish_stage(Driver& d, const std::string& name) {
    for (const char* rest : {"green/activate", "legacy/stage", "cloud/shift", "legacy/activate"}) {
        d.run("r1", name + "/" + rest);
    }
}

TEST(Release, GoesThroughItsEnvironmentsAndEachOpensOnlyWithItsGates) {
    Driver d;
    d.start(two_stages());
    finish_stage(d, "staging");
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::waiting);
    EXPECT_FALSE(d.dispatched("production/green/activate"));
    d.feed(GatesJudged{
        ReleaseId("r1"), "production", std::string(64, 'b'), {{"approval", GateOutcome::pass, "", "", ""}}});
    EXPECT_FALSE(d.dispatched("production/green/activate")) << "gates that passed for another plan";
    d.feed(GatesJudged{ReleaseId("r1"), "production", std::string(64, 'a'), {}});
    EXPECT_FALSE(d.dispatched("production/green/activate")) << "no verdict is not a pass";
    d.feed(GatesJudged{ReleaseId("r1"),
                       "production",
                       std::string(64, 'a'),
                       {{"approval", GateOutcome::wait, "security: 0 of 1", "", ""}}});
    EXPECT_THAT(d.why("r1", "production/green/activate"), HasSubstr("security: 0 of 1"));
    d.pass_gates(ReleaseId("r1"));
    finish_stage(d, "production");
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::succeeded);
    EXPECT_TRUE(std::any_of(d.effects.begin(), d.effects.end(),
                            [](const Effect& e) { return std::holds_alternative<Close>(e); }));
}

// Goes back by itself, because green could not be activated.
void go_back(Driver& d) {
    d.start(release_spec("r1", 1, {hybrid("production")}));
    d.run("r1", "production/green/activate", "failed");
    d.run("r1", "production/legacy/stage");
    d.wait(seconds(2));
    d.run("r1", "production/green/activate", "failed");
    ASSERT_EQ(d.release("r1").course, Course::undoing);
}

TEST(Command, WhyAReleaseGoesBackStaysKnownWhoeverHoldsItUp) {
    Driver d;
    go_back(d);
    d.command("r1", CommandKind::halt);
    d.command("r1", CommandKind::resume);
    EXPECT_THAT(d.release("r1").reason, HasSubstr("production/green/activate failed on production-green"));
    EXPECT_THAT(d.release("r1").reason, HasSubstr("halted by robin: because; resumed by robin"));
}

TEST(Command, WhatEndsAlreadyCannotBeHalted) {
    Driver d;
    d.start(two_stages());
    d.mint("r1", "staging/green/activate");
    d.command("r1", CommandKind::abort);
    ASSERT_EQ(d.release("r1").course, Course::winding_down_to_abort);
    d.command("r1", CommandKind::halt);
    EXPECT_FALSE(d.release("r1").halted);
    EXPECT_THAT(d.release("r1").reason, HasSubstr("aborted by robin"));
}

TEST(Command, AnUndoStepThatFailsIsTriedAgainWithTimeBetween) {
    Driver d;
    go_back(d);
    const std::string undo = "production/green/activate!undo";
    d.run("r1", undo, "failed");
    EXPECT_GE(d.at("r1", undo).not_before, d.now + seconds(9));
    EXPECT_EQ(d.at("r1", undo).status, StepStatus::ready);
}

TEST(Explain, NamesTheOtherReleaseThatKeepsTheHostBusy) {
    Driver d;
    const auto spec = [](const char* id) {
        return release_spec(id, 1,
                            {make_stage("production", 2, {make_step("one", "a", "release.activate")})});
    };
    d.start(spec("r1"));
    d.mint("r1", "one");
    d.start(spec("r2"));
    EXPECT_THAT(d.why("r2", "one"), HasSubstr("a is busy with one of r1"));
}

TEST(Explain, AStepThatCouldOnlyStartAfterTheWindowIsNotPromised) {
    Driver d;
    StepSpec late = make_step("late", "a", "release.activate");
    late.delay_s = 3600 * 48;
    d.start(release_spec("r1", 1, {make_stage("production", 1, {late})}));
    EXPECT_THAT(d.why("r1", "late"), HasSubstr("nothing may start any more from"));
}

TEST(Explain, NobodyAsksAboutAStepOfAReleaseThatHasEnded) {
    Driver d;
    d.start(two_stages());
    d.mint("r1", "staging/green/activate");
    d.feed(AgentSeen{AgentId("agent-staging-green"), false});
    d.wait(hours(1));
    ASSERT_EQ(d.at("r1", "staging/green/activate").status, StepStatus::unknown);
    EXPECT_THAT(d.why("r1", "staging/green/activate"), HasSubstr("when its agent is back, it is asked"));
    d.command("r1", CommandKind::abort);
    ASSERT_TRUE(d.release("r1").ended());
    EXPECT_THAT(d.why("r1", "staging/green/activate"), HasSubstr("nobody asks any more"));
}

TEST(Command, HaltTakesBackWhatIsNotMintedAndResumeGoesOn) {
    Driver d;
    d.start(two_stages());
    const Dispatch queued = d.dispatches.at(0);
    ASSERT_TRUE(may_mint(d.state, queued, d.now));
    d.command("r1", CommandKind::halt);
    EXPECT_FALSE(may_mint(d.state, queued, d.now));
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::halted);
    d.mint("r1", "staging/green/activate");
    EXPECT_FALSE(d.at("r1", "staging/green/activate").minted);
    EXPECT_THAT(d.why("r1", "staging/green/activate"), HasSubstr("halted by robin: because"));
    d.command("r1", CommandKind::resume);
    EXPECT_TRUE(may_mint(d.state, d.dispatches.back(), d.now));
    EXPECT_FALSE(may_mint(d.state, queued, d.now)) << "an outbox row from before the halt";
}

TEST(Command, AbortBeforeTheSwitchEndsWithoutLeftovers) {
    Driver d;
    d.start(two_stages());
    d.command("r1", CommandKind::abort);
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::aborted);
    EXPECT_TRUE(d.release("r1").not_undone.empty());
}

TEST(Command, AnUndoOfWhatHasEndedWithNothingToUndoIsRefused) {
    Driver d;
    d.start(two_stages());
    d.command("r1", CommandKind::abort);
    const Status undo = allowed(d.state, Command{ReleaseId("r1"), CommandKind::undo, "", ""}, d.now);
    ASSERT_FALSE(undo.ok());
    EXPECT_EQ(undo.error().code(), Code::failed_precondition);
    EXPECT_THAT(undo.error().message(), HasSubstr("nothing of r1 is left to undo: it is aborted"));
    d.command("r1", CommandKind::undo);
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::aborted) << "how it ended is not written over";
}

TEST(Command, AbortAfterTheSwitchNamesWhatStays) {
    Driver d;
    d.start(two_stages());
    finish_stage(d, "staging");
    d.command("r1", CommandKind::abort);
    EXPECT_TRUE(d.release("r1").not_undone.empty()) << "staging succeeded; it is what was wanted";
    Driver e;
    e.start(release_spec("r1", 1, {hybrid("production")}));
    e.run("r1", "production/green/activate");
    e.mint("r1", "production/legacy/stage");
    e.report("r1", "production/legacy/stage", Report::started);
    e.command("r1", CommandKind::abort);
    EXPECT_FALSE(e.release("r1").ended()) << "something is in flight";
    e.report("r1", "production/legacy/stage", Report::finished, "ok");
    EXPECT_EQ(e.release("r1").status(), ReleaseStatus::aborted);
    EXPECT_THAT(e.release("r1").not_undone, testing::ElementsAre(HasSubstr("production-green")));
}

TEST(Command, AnUndoLeavesAnEnvironmentThatWasFinishedBeforeAlone) {
    Driver d;
    d.start(two_stages());
    finish_stage(d, "staging");
    d.pass_gates(ReleaseId("r1"));
    d.run("r1", "production/green/activate");
    d.command("r1", CommandKind::undo);
    d.mint("r1", "production/legacy/stage");
    d.report("r1", "production/legacy/stage", Report::finished, "ok");
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::undoing);
    EXPECT_EQ(d.at("r1", "staging/green/activate!undo").status, StepStatus::skipped)
        << "nobody is to wait for what will not run";
    d.run("r1", "production/green/activate!undo");
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::undone);
    EXPECT_TRUE(d.release("r1").not_undone.empty());
}

TEST(Command, ASucceededReleaseIsUndoneInItsLastEnvironmentWhileTheWindowHolds) {
    Driver d;
    d.start(release_spec("r1", 1, {hybrid("production")}));
    finish_stage(d, "production");
    d.now += hours(1);
    d.command("r1", CommandKind::undo);
    for (const StepSpec& s : d.release("r1").current().undo) d.feed(AgentSeen{s.agent, true});
    for (const char* rest : {"legacy/activate!undo", "cloud/shift!undo", "green/activate!undo"}) {
        d.run("r1", std::string("production/") + rest);
    }
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::undone);
    EXPECT_THAT(d.release("r1").not_undone, testing::IsEmpty());

    Driver late;
    late.start(release_spec("r1", 1, {hybrid("production")}));
    finish_stage(late, "production");
    late.now += hours(24);
    EXPECT_FALSE(allowed(late.state, Command{ReleaseId("r1"), CommandKind::undo, "", ""}, late.now).ok());
}

TEST(Window, ItsEndStartsNothingMoreAndSaysSo) {
    Driver d;
    d.start(release_spec("r1", 1, {hybrid("production")}));
    d.run("r1", "production/green/activate");
    d.run("r1", "production/legacy/stage", "failed");
    d.now = d.release("r1").spec->not_after - seconds(1);
    d.wait(seconds(2));
    EXPECT_EQ(d.release("r1").status(), ReleaseStatus::failed);
    EXPECT_THAT(d.release("r1").reason, HasSubstr("window ended"));
    EXPECT_THAT(d.release("r1").not_undone, testing::ElementsAre(HasSubstr("production-green")));
}

}  // namespace
}  // namespace signalbox::sequence
