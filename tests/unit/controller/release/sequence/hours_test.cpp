// SPDX-License-Identifier: Apache-2.0
// Windows, closed times, and what becomes of a release that does not end in time.
#include <gmock/gmock.h>

#include "driver.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two hosts, one after the other, each with an undo; the window is an hour, and there is one more for undo.
ReleaseSpec two_hosts(Overrun overrun) {
    StageSpec stage = make_stage("production", 1);
    const StepSpec a = make_step("a", "ha", "release.activate");
    const StepSpec b = make_step("b", "hb", "release.activate", {"a"});
    stage.steps = {a, b};
    stage.undo = {make_undo(b, "release.revert"), make_undo(a, "release.revert", {"b!undo"})};
    ReleaseSpec spec = release_spec("r", 1, {stage});
    spec.overrun = overrun;
    spec.not_after = kStart + hours(1);
    spec.undo_not_after = kStart + hours(2);
    return spec;
}

TEST(ClosedTimes, NothingStartsInOneAndItGoesOnAfterwards) {
    ReleaseSpec spec = two_hosts(Overrun::finish);
    spec.stages[0].closed = {{{kStart + minutes(5), kStart + minutes(10)}, "freeze"}};
    Driver d;
    d.start(spec);
    d.mint("r", "a");
    d.now = kStart + minutes(6);
    d.report("r", "a", Report::finished, "ok");
    EXPECT_EQ(d.at("r", "a").status, StepStatus::succeeded) << "what was under way ends";
    EXPECT_FALSE(d.dispatched("b"));
    EXPECT_THAT(d.why("r", "b"), HasSubstr("nothing may start during 'freeze'"));
    const auto wake = std::find_if(d.effects.begin(), d.effects.end(),
                                   [](const Effect& e) { return std::holds_alternative<Wake>(e); });
    ASSERT_NE(wake, d.effects.end());
    EXPECT_LE(std::get<Wake>(*wake).at, kStart + minutes(10));
    d.now = kStart + minutes(10);
    d.feed(Tick{});
    EXPECT_TRUE(d.dispatched("b"));
}

TEST(ClosedTimes, WhatIsQueuedWhenOneBeginsIsNotMinted) {
    ReleaseSpec spec = two_hosts(Overrun::finish);
    spec.stages[0].closed = {{{kStart + minutes(5), kStart + minutes(10)}, "freeze"}};
    Driver d;
    d.start(spec);
    EXPECT_TRUE(may_mint(d.state, d.dispatches.back(), kStart + minutes(5) - seconds(1)));
    EXPECT_FALSE(may_mint(d.state, d.dispatches.back(), kStart + minutes(5)));
}

TEST(ClosedTimes, TakingBackIsNeverClosed) {
    ReleaseSpec spec = two_hosts(Overrun::finish);
    spec.stages[0].closed = {{{kStart + minutes(5), kStart + minutes(50)}, "freeze"}};
    Driver d;
    d.start(spec);
    d.run("r", "a");
    d.mint("r", "b");
    d.now = kStart + minutes(6);
    d.report("r", "b", Report::finished, "ok");
    d.command("r", CommandKind::undo);
    for (const char* agent : {"agent-ha", "agent-hb"}) d.feed(AgentSeen{AgentId(agent), true});
    EXPECT_TRUE(d.dispatched("b!undo"));
}

TEST(OverrunRule, FinishLetsEndWhatRunsAndNamesTheRest) {
    Driver d;
    d.start(two_hosts(Overrun::finish));
    d.run("r", "a");
    d.now = kStart + hours(1) - seconds(2);
    d.mint("r", "b");
    d.report("r", "b", Report::started);
    d.wait(seconds(5));
    EXPECT_FALSE(d.release("r").ended());
    d.report("r", "b", Report::finished, "ok");
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::failed);
    EXPECT_THAT(d.release("r").not_undone, ElementsAre(HasSubstr("hb: b"), HasSubstr("ha: a")));
}

TEST(OverrunRule, StopStartsNothingThatCouldOutlastTheOpenTime) {
    Driver d;
    d.start(two_hosts(Overrun::stop));
    d.mint("r", "a");
    d.now = kStart + hours(1) - seconds(29);  // its deadline is 30 s
    d.report("r", "a", Report::finished, "ok");
    EXPECT_FALSE(d.dispatched("b"));
    EXPECT_THAT(d.why("r", "b"), HasSubstr("it may take 30s, and the open time ends at"));
    Driver e;
    e.start(two_hosts(Overrun::stop));
    e.mint("r", "a");
    e.now = kStart + hours(1) - seconds(31);
    e.report("r", "a", Report::finished, "ok");
    EXPECT_TRUE(e.dispatched("b"));
}

TEST(OverrunRule, UndoTakesBackAndHasItsOwnTimeForIt) {
    Driver d;
    d.start(two_hosts(Overrun::undo));
    d.run("r", "a");
    d.now = kStart + hours(1);
    d.feed(Tick{});
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::undoing);
    d.run("r", "a!undo");
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::undone);
    EXPECT_THAT(d.release("r").reason, HasSubstr("its window ended"));
}

TEST(OverrunRule, UndoThatDoesNotEndInTimeNamesWhatIsLeft) {
    Driver d;
    d.start(two_hosts(Overrun::undo));
    d.run("r", "a");
    d.feed(AgentSeen{AgentId("agent-ha"), false});
    d.now = kStart + hours(2);
    d.feed(Tick{});
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::undone_partly);
    EXPECT_THAT(d.release("r").not_undone, ElementsAre(HasSubstr("ha: a (the time to undo ended")));
}

TEST(OverrunRule, AHaltOutlastsTheWindow) {
    Driver d;
    d.start(two_hosts(Overrun::undo));
    d.run("r", "a");
    d.command("r", CommandKind::halt);
    d.dispatches.clear();
    d.now = kStart + hours(1);
    d.feed(Tick{});
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::failed);
    EXPECT_TRUE(d.dispatches.empty());
    EXPECT_THAT(d.release("r").not_undone, ElementsAre(HasSubstr("ha: a")));
    d.command("r", CommandKind::undo);
    d.feed(AgentSeen{AgentId("agent-ha"), true});
    d.run("r", "a!undo");
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::undone);
    EXPECT_THAT(d.release("r").not_undone, IsEmpty());
}

TEST(Undo, OfAHaltedReleaseWaitsForAPersonWhateverFails) {
    Driver d;
    d.start(two_hosts(Overrun::finish));
    d.run("r", "a");
    d.mint("r", "b");
    d.report("r", "b", Report::started);
    d.command("r", CommandKind::halt);
    d.dispatches.clear();
    for (int i = 0; i < 2; ++i) d.report("r", "b", Report::finished, "refused:R_STATE");
    EXPECT_EQ(d.at("r", "b").status, StepStatus::failed);
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::halted);
    EXPECT_THAT(d.release("r").reason, HasSubstr("halted by robin: because; b failed on hb"));
    EXPECT_TRUE(d.dispatches.empty());
    d.command("r", CommandKind::undo);
    EXPECT_TRUE(d.dispatched("b!undo"));
}

TEST(Undo, OnceMoreTriesWhatWasLeftAndSaysWhenNothingMoreCanBeDone) {
    Driver d;
    d.start(two_hosts(Overrun::undo));
    d.run("r", "a");
    d.command("r", CommandKind::undo);
    d.mint("r", "a!undo");
    d.report("r", "a!undo", Report::finished, "refused:R_STATE");
    ASSERT_EQ(d.release("r").status(), ReleaseStatus::undone_partly);
    d.command("r", CommandKind::undo);
    d.feed(AgentSeen{AgentId("agent-ha"), true});
    d.run("r", "a!undo", "failed");  // its last attempt
    ASSERT_EQ(d.release("r").status(), ReleaseStatus::undone_partly);
    d.command("r", CommandKind::undo);
    EXPECT_EQ(d.release("r").status(), ReleaseStatus::undone_partly);
    EXPECT_THAT(d.release("r").reason, HasSubstr("nothing more can be taken back"));
    EXPECT_THAT(d.release("r").not_undone, ElementsAre(HasSubstr("ha: a")));
}

}  // namespace
}  // namespace signalbox::sequence
