// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <set>

#include "driver.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

ReleaseSpec wide(const std::string& id, std::int64_t counter, int hosts) {
    StageSpec stage = make_stage("production", 2);
    for (int i = 0; i < hosts; ++i) {
        const std::string name = id + "/" + std::to_string(i);
        stage.steps.push_back(make_step(name, "host-" + name, "command.run"));
    }
    return release_spec(id, counter, {stage});
}

TEST(Throttle, TwoReleasesShareTheSlotsInTurns) {
    Driver d;
    d.start(wide("a", 1, 6));
    d.start(wide("b", 2, 6));
    std::string order;
    for (std::size_t i = 0; i < 12; ++i) {
        ASSERT_LE(in_flight(d.state, "production", d.now), 2);
        const Dispatch next = d.dispatches.at(i);
        order += next.release.str();
        d.run(next.release.str(), next.step.str());
    }
    EXPECT_EQ(order.substr(0, 2), "aa");  // b had not started
    EXPECT_EQ(order.substr(2, 8), "babababa");
    EXPECT_EQ(d.release("a").status(), ReleaseStatus::succeeded);
    EXPECT_EQ(d.release("b").status(), ReleaseStatus::succeeded);
}

TEST(Throttle, AStepWhoseTokenMayStillBeUsedKeepsItsSlot) {
    Driver d;
    d.start(wide("a", 1, 4));
    d.mint("a", "a/0");
    d.mint("a", "a/1");
    d.feed(AgentSeen{AgentId("agent-host-a/0"), true});
    d.feed(QueryAnswered{ReleaseId("a"), StepId("a/0"), 1, Found::never, 0, {}, false});
    d.command("a", CommandKind::halt);
    EXPECT_EQ(d.at("a", "a/0").status, StepStatus::ready);
    EXPECT_EQ(in_flight(d.state, "production", d.now), 2);
    d.wait(seconds(361));
    EXPECT_EQ(in_flight(d.state, "production", d.now), 1);
}

TEST(Throttle, AnOfflineHostDoesNotHoldUpTheOthers) {
    Driver d;
    d.start(wide("a", 1, 4));
    d.feed(AgentSeen{AgentId("agent-host-a/2"), false});
    d.run("a", "a/0");
    EXPECT_TRUE(d.dispatched("a/3"));
    EXPECT_FALSE(d.dispatched("a/2"));
    EXPECT_THAT(d.why("a", "a/2"), HasSubstr("not online"));
    d.feed(AgentSeen{AgentId("agent-host-a/2"), true});
    EXPECT_THAT(d.why("a", "a/2"), HasSubstr("2 steps are in flight in environment:production"));
    d.run("a", "a/1");
    EXPECT_TRUE(d.dispatched("a/2"));
}

}  // namespace
}  // namespace signalbox::sequence
