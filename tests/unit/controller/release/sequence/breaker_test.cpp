// SPDX-License-Identifier: Apache-2.0
// Circuit breakers in releases, priority, and patience.
#include <gmock/gmock.h>

#include "driver.hpp"

namespace signalbox::sequence {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

ReleaseSpec wide(const std::string& id, std::int64_t counter, int hosts, int max_in_flight = 1) {
    StageSpec stage = make_stage("production", max_in_flight);
    for (int i = 0; i < hosts; ++i)
        stage.steps.push_back(
            make_step(id + "/" + std::to_string(i), "host-" + id + std::to_string(i), "command.run"));
    return release_spec(id, counter, {stage});
}

TEST(Breakers, OfAnEnvironmentStopsEveryReleaseThereUntilOneHostDidWell) {
    ReleaseSpec a = wide("a", 1, 3), b = wide("b", 2, 3);
    for (ReleaseSpec* spec : {&a, &b}) spec->stages[0].breaker = {2, 0, 10, 600, 120};
    Driver d;
    d.start(a);
    d.start(b);
    d.run("a", "a/0", "failed");
    d.run("b", "b/0", "failed");
    EXPECT_EQ(d.state.breakers.at("production").status, BreakerStatus::open);
    d.dispatches.clear();
    d.wait(seconds(60));
    EXPECT_TRUE(d.dispatches.empty());
    EXPECT_THAT(d.why("b", "b/1"), HasSubstr("the circuit breaker of production is open (2 attempts failed"));
    d.wait(seconds(61));
    ASSERT_EQ(d.dispatches.size(), 1U);
    const Dispatch probe = d.dispatches[0];
    EXPECT_EQ(d.state.breakers.at("production").status, BreakerStatus::half_open);
    EXPECT_THAT(d.why("b", "b/2"), HasSubstr("half open"));
    d.run(probe.release.str(), probe.step.str());
    EXPECT_EQ(d.state.breakers.at("production").status, BreakerStatus::closed);
    EXPECT_EQ(d.dispatches.size(), 2U);
}

TEST(Breakers, OfAReleaseStopsOnlyThatOneAndOpensAgainWhenItsOneHostFails) {
    ReleaseSpec a = wide("a", 1, 3, 2);
    a.breaker = {1, 0, 10, 600, 120};
    Driver d;
    d.start(a);
    d.start(wide("b", 2, 2, 2));
    d.run("a", "a/0", "failed");
    EXPECT_EQ(d.release("a").breaker.status, BreakerStatus::open);
    d.run("a", "a/1");
    EXPECT_TRUE(d.dispatched("b/1"));
    d.run("b", "b/0");
    d.run("b", "b/1");
    EXPECT_EQ(d.release("b").status(), ReleaseStatus::succeeded);
    d.dispatches.clear();
    d.wait(seconds(125));
    ASSERT_EQ(d.dispatches.size(), 1U);
    d.run("a", d.dispatches[0].step.str(), "failed");
    EXPECT_EQ(d.release("a").breaker.status, BreakerStatus::open);
}

TEST(Breakers, AProbeThatIsLostMakesItWaitAgain) {
    ReleaseSpec a = wide("a", 1, 3);
    a.breaker = {1, 0, 10, 600, 10};
    Driver d;
    d.start(a);
    d.run("a", "a/0", "failed");
    d.wait(seconds(11));
    ASSERT_EQ(d.release("a").breaker.status, BreakerStatus::half_open);
    d.command("a", CommandKind::halt);
    d.command("a", CommandKind::resume);
    EXPECT_EQ(d.release("a").breaker.status, BreakerStatus::half_open) << "it is queued again";
    d.mint("a", d.dispatches.back().step.str());
    EXPECT_TRUE(d.dispatches.back().step == d.release("a").breaker.probe_step);
}

TEST(Breakers, TakingBackGoesOnWhileOneIsOpen) {
    ReleaseSpec spec = release_spec("r", 1, {hybrid("production")});
    spec.breaker = {1, 0, 10, 600, 600};
    Driver d;
    d.start(spec);
    d.run("r", "production/green/activate");
    d.run("r", "production/legacy/stage", "failed");
    ASSERT_EQ(d.release("r").breaker.status, BreakerStatus::open);
    d.command("r", CommandKind::undo);
    EXPECT_TRUE(d.dispatched("production/green/activate!undo"));
}

TEST(Emergency, GoesFirstAndUpToTheHardCapOnly) {
    ReleaseSpec normal = wide("n", 1, 6), urgent = wide("u", 2, 6);
    for (ReleaseSpec* spec : {&normal, &urgent})
        spec->stages[0].caps["environment:production"] = {2, 3, 2, {}};
    urgent.priority = Priority::emergency;
    Driver d;
    d.start(normal);
    d.start(urgent);
    EXPECT_EQ(in_flight(d.state, "production", d.now), 3);
    EXPECT_TRUE(d.dispatched("u/0"));
    EXPECT_FALSE(d.dispatched("u/1"));
    d.dispatches.clear();
    d.run("n", "n/0");
    ASSERT_EQ(d.dispatches.size(), 1U);
    EXPECT_EQ(d.dispatches[0].step.str(), "u/1");
}

// c needs two scopes at once; a and b keep one of them full each, and are never done at the same time.
TEST(Patience, WhoNeedsSeveralScopesIsNotPassedOverForEver) {
    const auto spec = [](const std::string& id, std::int64_t counter, const std::string& site,
                         const std::string& service) {
        ReleaseSpec out = wide(id, counter, 60, 9);
        for (StepSpec& step : out.stages[0].steps) {
            step.site = site;
            step.service = service;
        }
        out.stages[0].caps["site:s"] = {1, 1, 1, {}};
        out.stages[0].caps["service:v"] = {1, 1, 1, {}};
        return out;
    };
    Driver d;
    d.start(spec("a", 1, "s", ""));
    d.start(spec("b", 2, "", "v"));
    d.start(spec("c", 3, "s", "v"));
    for (int i = 0; i < 30 && !d.dispatched("c/0"); ++i) {
        for (const char* id : {"a", "b"}) {
            const Bits active = d.release(id).tracking.active;
            active.for_each([&](std::size_t s) {
                d.run(id, (*d.release(id).index)[static_cast<StepIndex>(s)].spec->id.str());
            });
        }
    }
    EXPECT_TRUE(d.dispatched("c/0"));
}

}  // namespace
}  // namespace signalbox::sequence
