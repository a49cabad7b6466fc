// SPDX-License-Identifier: Apache-2.0
// Small histories, and what is told of them.
#include "controller/release/story/story.hpp"

#include <gmock/gmock.h>

#include "controller/release/story/refusals.hpp"
#include "tests/unit/controller/release/sequence/driver.hpp"

namespace signalbox::story {
namespace {

using namespace sequence;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kId = "pay-1";

std::vector<Line> told(const Driver& driver, const std::string& step = {}, const std::string& id = kId) {
    Story story(ReleaseId(id), StepId{step});
    for (const TimedEvent& event : driver.history) story.add(event);
    return story.lines(driver.now);
}
std::vector<std::string> texts(const std::vector<Line>& lines) {
    std::vector<std::string> out;
    for (const Line& line : lines) out.push_back(std::string(to_string(line.kind)) + ": " + line.text);
    return out;
}

// Two hosts, one slot.
ReleaseSpec narrow(const char* id = kId) {
    return release_spec(id, 1,
                        {make_stage("production", 1,
                                    {make_step("production/a/activate", "a", "release.activate"),
                                     make_step("production/b/activate", "b", "release.activate")})});
}

TEST(Story, OfAStepSaysWhatItWaitedForAndWhenItsTokenWasMade) {
    Driver driver;
    driver.start(narrow());
    driver.mint(kId, "production/a/activate");
    driver.report(kId, "production/a/activate", Report::started);
    driver.wait(std::chrono::seconds(90));
    driver.report(kId, "production/a/activate", Report::finished, "ok");
    driver.run(kId, "production/b/activate");
    EXPECT_THAT(
        texts(told(driver, "production/b/activate")),
        ElementsAre(HasSubstr("release: payments 1.1.0 was asked for by robin"), "release: production begins",
                    "ready: ready: its environment was opened, and it waits for no other step",
                    "waits: waited 1m30s: waits for its turn: 1 step is in flight in "
                    "environment:production, and 1 may be",
                    HasSubstr("minted: its token was made for attempt 1 of 2, good until "),
                    "attempt: b verified the token and began attempt 1 of 2",
                    "done: attempt 1 of 2 succeeded after 0s", "release: it ended: succeeded"));
}

TEST(Story, ExplainsARefusalAndAnotherAttempt) {
    Driver driver;
    driver.start(narrow());
    const StepId step{"production/a/activate"};
    driver.mint(kId, step.str());
    driver.feed(ExecuteAnswered{ReleaseId(kId), step, 1, Answer::refused, "R_NONCE", "another start"});
    driver.wait(std::chrono::seconds(2));
    driver.mint(kId, step.str());
    driver.report(kId, step.str(), Report::started);
    driver.report(kId, step.str(), Report::finished, "failed");
    const auto lines = texts(told(driver, step.str()));
    EXPECT_THAT(lines,
                testing::Contains("refused: a refused it: R_NONCE, its executor was restarted after the "
                                  "token had been made (another start); another token is made for the "
                                  "same attempt"));
    EXPECT_THAT(lines, testing::Contains(
                           HasSubstr("attempt 1 of 2 ended with failed after 0s; it is tried again at")));
    EXPECT_THAT(meaning_of("R_WHATEVER"), IsEmpty());
}

TEST(Story, SaysWhyItIsNotOverYet) {
    Driver driver;
    driver.start(narrow());
    driver.mint(kId, "production/a/activate");
    driver.wait(std::chrono::seconds(5));
    const auto lines = told(driver, "production/b/activate");
    ASSERT_FALSE(lines.empty());
    EXPECT_THAT(lines.back().text, HasSubstr("waits since"));
    EXPECT_THAT(lines.back().text, HasSubstr("in environment:production, and 1 may be"));
}

TEST(Story, OfAReleaseTellsItsUndoAndWhatWasNotUndone) {
    Driver driver;
    driver.start(release_spec(kId, 1, {hybrid("production")}));
    driver.run(kId, "production/green/activate");
    driver.run(kId, "production/legacy/stage");
    driver.run(kId, "production/cloud/shift");
    driver.run(kId, "production/legacy/activate", "failed");
    driver.wait(std::chrono::seconds(5));
    driver.run(kId, "production/legacy/activate", "failed");
    driver.run(kId, "production/legacy/activate!undo", "failed");
    driver.wait(std::chrono::seconds(15));
    driver.run(kId, "production/legacy/activate!undo", "failed");
    driver.run(kId, "production/cloud/shift!undo");
    driver.run(kId, "production/green/activate!undo");
    const auto lines = texts(told(driver));
    EXPECT_THAT(lines, testing::Contains(HasSubstr("failed: attempt 2 of 2 ended with failed after 0s; no "
                                                   "attempt is left")));
    EXPECT_THAT(lines,
                testing::Contains(HasSubstr("release: it goes back; what ran in production is taken back")));
    EXPECT_THAT(lines, testing::Contains(HasSubstr("release: it ended: undone_partly")));
    EXPECT_THAT(lines.back(), HasSubstr("was not undone: production-legacy: production/legacy/activate"));
    EXPECT_THAT(texts(told(driver, "production/cloud/shift!undo")),
                testing::Contains(HasSubstr("ready: to be taken back: production/cloud/shift had run")));
}

TEST(Story, TellsOfTheBreakerAndOfPeople) {
    ReleaseSpec spec = narrow();
    spec.undo_on_failure = false;
    spec.stages[0].breaker.failures = 1;
    Driver driver;
    driver.start(spec);
    driver.run(kId, "production/a/activate", "failed");
    driver.wait(std::chrono::seconds(30));
    EXPECT_THAT(
        texts(told(driver)),
        testing::Contains("breaker: the circuit breaker of production opened: 1 attempts failed within "
                          "10m; nothing is started there"));
    EXPECT_THAT(texts(told(driver, "production/b/activate")),
                testing::Contains(HasSubstr("the circuit breaker of production is open")));
    driver.wait(std::chrono::minutes(6));
    const std::string tried = driver.dispatches.back().step.str();
    driver.run(kId, tried);
    driver.command(kId, CommandKind::halt);
    const auto lines = texts(told(driver));
    EXPECT_THAT(lines,
                testing::Contains(HasSubstr("breaker: the circuit breaker of production is half open: ")));
    EXPECT_THAT(lines, testing::Contains(HasSubstr("breaker: the circuit breaker of production closed: ")));
    EXPECT_THAT(lines, testing::Contains("release: halted by robin: because"));
}

TEST(Story, NamesHostsThatWereLeftOut) {
    ReleaseSpec spec = narrow();
    LaneSpec lane;
    lane.group = "a";
    lane.hosts = {"a"};
    lane.offline = Offline::skip;
    lane.offline_after_s = 60;
    spec.stages[0].lanes = {lane};
    Driver driver;
    driver.feed(ReleaseStarted{std::make_shared<const ReleaseSpec>(spec)});
    driver.feed(AgentSeen{AgentId("agent-b"), true});
    driver.pass_gates(ReleaseId(kId));
    driver.wait(std::chrono::seconds(61));
    driver.run(kId, "production/b/activate");
    EXPECT_THAT(texts(told(driver)),
                testing::Contains(HasSubstr("skipped: a of a is left out: a has been offline")));
    const auto lines = texts(told(driver, "production/a/activate"));
    EXPECT_THAT(lines, testing::Contains(HasSubstr("waited 1m1s: a is not online, or takes no steps")));
    EXPECT_THAT(lines, testing::Contains(HasSubstr("skipped: will not run: a has been offline since")));
}

TEST(Story, SeesWhatRanBesideIt) {
    Driver driver;
    driver.start(narrow("other-1"));
    driver.mint("other-1", "production/a/activate");
    ReleaseSpec spec = narrow();
    spec.stages[0].steps = {make_step("production/c/activate", "c", "release.activate")};
    driver.start(spec);
    driver.wait(std::chrono::seconds(10));
    driver.report("other-1", "production/a/activate", Report::finished, "ok");
    EXPECT_THAT(
        texts(told(driver, "production/c/activate")),
        testing::Contains(HasSubstr("waits for its turn: 1 step is in flight in environment:production")));
}

TEST(Story, AnEmptyHistoryIsAnEmptyStory) {
    EXPECT_THAT(told(Driver()), IsEmpty());
    EXPECT_THAT(told(Driver(), "production/a/activate"), IsEmpty());
}

}  // namespace
}  // namespace signalbox::story
