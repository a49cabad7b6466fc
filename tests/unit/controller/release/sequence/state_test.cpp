// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "driver.hpp"

namespace signalbox::sequence {
namespace {

using testing::HasSubstr;

// Some of everything: a retry, a restart, a query, a halt, an undo.
Driver eventful() {
    Driver d;
    d.start(release_spec("r1", 1, {hybrid("production")}));
    d.start(release_spec("r2", 2, {hybrid("staging")}));
    d.run("r1", "production/green/activate", "timed_out");
    d.wait(std::chrono::seconds(2));
    d.mint("r1", "production/green/activate");
    d.feed(ControllerStarted{});
    d.feed(AgentSeen{AgentId("agent-production-green"), true});
    d.answer_newest_query(Found::done, 2, "ok");
    d.command("r2", CommandKind::halt);
    d.command("r1", CommandKind::undo);
    return d;
}

TEST(State, SurvivesItsStorage) {
    const Driver d = eventful();
    for (const auto& [id, release] : d.state.releases) {
        const auto spec = spec_from_json(to_json(*release.spec));
        ASSERT_TRUE(spec.ok()) << spec.error().to_string();
        const auto text = json::canonical(to_json(release));
        const auto parsed = json::parse(text);
        ASSERT_TRUE(parsed.ok());
        StoredSteps steps;
        for (StepIndex i = 0; i < release.index->size(); ++i) {
            if (!(release.steps[i] == StepState{}))
                steps.emplace_back((*release.index)[i].spec->id, to_json(release.steps[i]));
        }
        const auto back = state_from_json(*parsed, steps, *spec);
        ASSERT_TRUE(back.ok()) << back.error().to_string();
        EXPECT_TRUE(*back == release) << text;
    }
}

TEST(State, ReplayingTheEntriesGivesItAgain) {
    const Driver d = eventful();
    State replayed;
    for (const TimedEvent& event : d.history) {
        const auto parsed = json::parse(json::canonical(to_json(event.event, event.at)));
        ASSERT_TRUE(parsed.ok());
        const auto again = event_from_json(
            *parsed, [&](const ReleaseId& id) { return Result(d.state.releases.at(id).spec); });
        ASSERT_TRUE(again.ok()) << again.error().to_string();
        replayed = step(replayed, again->event, again->at).state;
    }
    EXPECT_EQ(canonical(replayed), canonical(d.state));
    EXPECT_TRUE(replayed == d.state);
}

TEST(State, AnEntryOfAnotherPlanIsRefused) {
    const auto spec = std::make_shared<const ReleaseSpec>(release_spec("r1", 1, {hybrid("production")}));
    auto other = *spec;
    other.plan_sha256 = std::string(64, 'f');
    const auto replaced = std::make_shared<const ReleaseSpec>(other);
    const auto event = event_from_json(to_json(ReleaseStarted{spec}, kStart),
                                       [&](const ReleaseId&) { return Result(replaced); });
    ASSERT_FALSE(event.ok());
    EXPECT_EQ(event.error().code(), Code::data_loss);
}

TEST(Spec, ACycleIsRefusedByNamingIt) {
    StageSpec stage = hybrid("production");
    stage.steps[0].needs = {stage.steps[3].id};
    const Status status = validate(release_spec("r1", 1, {stage}));
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.error().message(), HasSubstr("steps wait for themselves: production/"));
}

TEST(Spec, AnUndoOfNothingAndANeedOfNobodyAreRefused) {
    StageSpec undo_of_nothing = hybrid("production");
    undo_of_nothing.undo[0].undo_of = StepId("elsewhere");
    EXPECT_FALSE(validate(release_spec("r1", 1, {undo_of_nothing})).ok());
    StageSpec need_of_nobody = hybrid("production");
    need_of_nobody.steps[0].needs = {StepId("elsewhere")};
    EXPECT_FALSE(validate(release_spec("r1", 1, {need_of_nobody})).ok());
}

}  // namespace
}  // namespace signalbox::sequence
