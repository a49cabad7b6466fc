// SPDX-License-Identifier: Apache-2.0
// What a half-open circuit breaker lets through, and what closes it.
#include <gmock/gmock.h>

#include "driver.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

// Each host stages and activates; who of "last" is named stages for all of them first.
ReleaseSpec chains(int hosts, bool barrier) {
    StageSpec stage = make_stage("production", hosts);
    std::vector<std::string> all;
    for (int i = 0; i < hosts; ++i) all.push_back(std::to_string(i) + "/stage");
    for (int i = 0; i < hosts; ++i) {
        const std::string n = std::to_string(i);
        stage.steps.push_back(make_step(n + "/stage", "host-" + n, "artifact.stage"));
        const std::vector<std::string> needs = barrier ? all : std::vector{n + "/stage"};
        stage.steps.push_back(make_step(n + "/activate", "host-" + n, "release.activate", needs));
    }
    ReleaseSpec out = release_spec("r", 1, {stage});
    out.breaker = {1, 0, 10, 600, 120};
    return out;
}

class HalfOpen : public testing::Test {
  protected:
    // Open because of the first host's activation, which is away now.
    void open(const ReleaseSpec& spec) {
        d.start(spec);
        d.run("r", "0/stage");
        d.run("r", "0/activate", "failed");
        ASSERT_EQ(breaker().status, BreakerStatus::open);
        ASSERT_THAT(breaker().to_prove, ElementsAre("release.activate"));
        d.feed(AgentSeen{AgentId("agent-host-0"), false});
    }
    const Breaker& breaker() { return d.release("r").breaker; }
    Driver d;
};

TEST_F(HalfOpen, AHarmlessSuccessDoesNotCloseItAndTheKindThatFailedDoes) {
    ReleaseSpec spec = chains(3, false);
    spec.stages[0].caps["environment:production"] = {1, 1, 1, {}};
    open(spec);
    d.dispatches.clear();
    d.wait(seconds(125));
    ASSERT_EQ(d.dispatches.size(), 1U);
    EXPECT_THAT(d.why("r", "2/stage"), HasSubstr("host-1 of r is let through alone, and it closes when "
                                                 "release.activate did well"));
    d.run("r", "1/stage");
    EXPECT_EQ(breaker().status, BreakerStatus::half_open);
    ASSERT_EQ(d.dispatches.size(), 2U);
    EXPECT_EQ(d.dispatches[1].step.str(), "1/activate") << "its host goes on, alone";
    d.run("r", "1/activate");
    EXPECT_EQ(breaker().status, BreakerStatus::closed);
    EXPECT_THAT(breaker().why,
                HasSubstr("1/activate on host-1 did well, and release.activate is what had failed"));
}

TEST_F(HalfOpen, AnotherFailureThereOpensItAgainAndMustBeProvenToo) {
    ReleaseSpec spec = chains(3, false);
    spec.stages[0].caps["environment:production"] = {1, 1, 1, {}};
    open(spec);
    d.wait(seconds(125));
    d.run("r", "1/stage", "failed");
    EXPECT_EQ(breaker().status, BreakerStatus::open);
    EXPECT_THAT(breaker().to_prove, ElementsAre("artifact.stage", "release.activate"));
}

TEST_F(HalfOpen, AHostThatWaitsForOthersHandsItOnOneAtATime) {
    ReleaseSpec spec = chains(3, true);
    spec.stages[0].caps["environment:production"] = {1, 1, 1, {}};
    d.start(spec);
    d.run("r", "0/stage", "failed");
    d.feed(AgentSeen{AgentId("agent-host-0"), false});
    d.wait(seconds(125));
    ASSERT_EQ(breaker().probe_host, "host-1");
    d.run("r", "1/stage");
    EXPECT_EQ(breaker().status, BreakerStatus::closed);

    d = Driver{};
    d.start(spec);
    for (const char* step : {"0/stage", "1/stage"}) d.run("r", step);
    d.run("r", "2/stage");
    d.run("r", "0/activate", "failed");
    d.feed(AgentSeen{AgentId("agent-host-0"), false});
    d.wait(seconds(125));
    EXPECT_EQ(breaker().probe_host, "host-1");
    d.mint("r", "1/activate");
    d.feed(AgentSeen{AgentId("agent-host-1"), false});
    EXPECT_EQ(breaker().status, BreakerStatus::half_open) << "what is in flight there keeps its place";
    EXPECT_FALSE(d.dispatched("2/activate"));
}

TEST_F(HalfOpen, WhenTheKindIsNowhereAWholeHostCloses) {
    StageSpec stage = make_stage("production", 1);
    stage.steps = {make_step("a/one", "a", "command.run"), make_step("a/two", "a", "config.apply", {"a/one"}),
                   make_step("b/one", "b", "command.run")};
    stage.breaker = {1, 0, 10, 600, 120};
    Breaker& shared = d.state.breakers["production"];
    shared.status = BreakerStatus::half_open;
    shared.to_prove = {"release.activate"};
    d.start(release_spec("r", 1, {stage}));
    d.run("r", "a/one");
    EXPECT_EQ(d.state.breakers.at("production").status, BreakerStatus::half_open);
    EXPECT_FALSE(d.dispatched("b/one"));
    d.run("r", "a/two");
    EXPECT_EQ(d.state.breakers.at("production").status, BreakerStatus::closed);
    EXPECT_THAT(d.state.breakers.at("production").why, HasSubstr("a went through all of its steps"));
    EXPECT_TRUE(d.dispatched("b/one"));
}

TEST(BreakerStore, OneThatWasWrittenBeforeHostsWereLetThroughIsRead) {
    const auto old = json::parse(
        R"({"opened":"2027-01-15T08:00:00Z","probe_release":"r","probe_step":"s","recent":[{"at":"2027-01-15T08:00:00Z","well":false}],"status":"half_open","why":"x"})");
    const auto read = breaker_from_json(*old);
    ASSERT_TRUE(read.ok()) << read.error().to_string();
    EXPECT_EQ(read->status, BreakerStatus::half_open);
    EXPECT_TRUE(read->probe_host.empty() && read->to_prove.empty());
    EXPECT_EQ(*breaker_from_json(to_json(*read)), *read);
}

// Between a grant and its token a peak may begin, or a breaker open.
TEST(StillFits, LooksAtWhatHoldsWhenTheTokenIsMade) {
    StageSpec stage = make_stage("production", 2);
    for (const char* host : {"a", "b"}) stage.steps.push_back(make_step(host, host, "command.run"));
    stage.caps["environment:production"] = {2, 2, 1, {{kStart + seconds(60), kStart + seconds(120)}}};
    Driver d;
    d.start(release_spec("r", 1, {stage}));
    ASSERT_EQ(d.dispatches.size(), 2U);
    EXPECT_TRUE(still_fits(d.state, d.dispatches[1], true, kStart + seconds(59)).ok());
    const Status full = still_fits(d.state, d.dispatches[1], true, kStart + seconds(60));
    ASSERT_FALSE(full.ok());
    EXPECT_THAT(full.error().message(),
                HasSubstr("environment:production may have 1 steps in flight from now on, and has 2"));
    EXPECT_TRUE(still_fits(d.state, d.dispatches[1], false, kStart + seconds(60)).ok())
        << "a token that is out already takes nothing more";
}

TEST(StillFits, NothingIsMintedBehindABreakerThatOpened) {
    ReleaseSpec spec = release_spec("r", 1, {make_stage("production", 2)});
    for (const char* host : {"a", "b"}) spec.stages[0].steps.push_back(make_step(host, host, "command.run"));
    spec.breaker = {1, 0, 10, 600, 120};
    Driver d;
    d.start(spec);
    d.run("r", "a", "failed");
    ASSERT_EQ(d.release("r").breaker.status, BreakerStatus::open);
    EXPECT_FALSE(still_fits(d.state, d.dispatches[1], true, d.now).ok());
}

}  // namespace
}  // namespace signalbox::sequence
