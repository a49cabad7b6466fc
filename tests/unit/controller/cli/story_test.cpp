// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "common/json/json.hpp"
#include "controller/cli/story_render.hpp"
#include "signalbox/v1/operator.pb.h"
#include "tests/unit/controller/cli/cli_fixture.hpp"

namespace signalbox::cli {
namespace {

using testing::HasSubstr;

v1::ExplainReleaseResponse story(bool of_step) {
    v1::ExplainReleaseResponse out;
    out.mutable_release()->set_release_id("shop-1.1.0-7"), out.mutable_release()->set_status("running");
    if (of_step) {
        out.mutable_step()->set_id("production/web-1/activate"), out.mutable_step()->set_status("ready");
        out.mutable_step()->set_kind("release.activate"), out.mutable_step()->set_host("web-1");
        out.mutable_step()->set_target("web-1");
    }
    const auto line = [&](const char* at, const char* kind, const char* text, const char* step = "") {
        auto& added = *out.add_lines();
        added.set_at(at), added.set_kind(kind), added.set_text(text), added.set_step_id(step);
        added.set_environment("production");
    };
    line("2026-11-23T09:00:00Z", "release", "production begins");
    line("2026-11-24T00:00:01.5Z", "failed", "no attempt is left\x1b[2J", "production/web-1/activate");
    out.add_now("web-1 is busy with production/web-1/stage");
    return out;
}

TEST(StoryRender, IsDatedAndEndsWithNow) {
    EXPECT_EQ(join_lines(render_story(story(true), {})),
              "shop-1.1.0-7  running  production/web-1/activate  ready\n"
              "  release.activate on web-1\n"
              "  2026-11-23\n"
              "  09:00:00  production begins\n"
              "  2026-11-24\n"
              "  00:00:01  no attempt is left\\x1b[2J\n"
              "now\n"
              "  web-1 is busy with production/web-1/stage\n");
    EXPECT_EQ(join_lines(render_story(story(false), {})),
              "shop-1.1.0-7  running\n"
              "production\n"
              "  2026-11-23\n"
              "  09:00:00  production begins\n"
              "  2026-11-24\n"
              "  00:00:01  production/web-1/activate: no attempt is left\\x1b[2J\n"
              "now\n"
              "  web-1 is busy with production/web-1/stage\n");
}

v1::GetThrottleResponse two_scopes() {
    v1::GetThrottleResponse out;
    auto& limited = *out.add_scopes();
    limited.set_scope("environment:production"), limited.set_limited(true), limited.set_limit(1);
    limited.set_hard_cap(4), limited.set_peak(true);
    auto& holds = *limited.add_holding();
    holds.set_release_id("shop-1.1.0-7"), holds.set_step_id("production/web-1/activate");
    auto& waits = *limited.add_waiting();
    waits.set_release_id("pay-2-8"), waits.set_step_id("production/db-1/stage");
    waits.set_why("waits for its turn");
    out.add_scopes()->set_scope("service:shop");
    return out;
}

TEST(ThrottleRender, SaysWhoHoldsASlotAndWhoWaitsForOne) {
    EXPECT_EQ(join_lines(render_throttle(two_scopes(), {})),
              "environment:production  1 of 1 in flight in peak hours, 4 in an emergency\n"
              "  in flight  production/web-1/activate  shop-1.1.0-7\n"
              "  waits      production/db-1/stage  pay-2-8\n"
              "               waits for its turn\n"
              "service:shop  0 in flight, no limit\n");
}

TEST(StoryCommands, AskTheControllerAndSpeakJson) {
    Person person;
    person.has_credentials();
    person.api.on<v1::ExplainReleaseRequest, v1::ExplainReleaseResponse>(
        "ReleaseService/Explain",
        [](const v1::ExplainReleaseRequest& request) -> Result<v1::ExplainReleaseResponse> {
            return story(!request.step_id().empty());
        });
    person.api.on<v1::GetThrottleRequest, v1::GetThrottleResponse>(
        "ReleaseService/Throttle",
        [](const v1::GetThrottleRequest&) -> Result<v1::GetThrottleResponse> { return two_scopes(); });
    EXPECT_EQ(person.run({"release", "explain", "shop-1.1.0-7", "production/web-1/activate"}), 0);
    EXPECT_THAT(person.out.text, HasSubstr("production/web-1/activate  ready"));
    EXPECT_EQ(person.run({"--json", "throttle", "show"}), 0);
    EXPECT_EQ(json::parse(person.out.text)->at("scopes").at(0).at("limit"), 1);
}

TEST(StoryCommands, AStartAtATimeSendsItAndATimeThatIsNoneIsRefused) {
    Person person;
    person.has_credentials();
    v1::StartReleaseRequest seen;
    person.api.on<v1::StartReleaseRequest, v1::StartReleaseResponse>(
        "ReleaseService/Start",
        [&](const v1::StartReleaseRequest& request) -> Result<v1::StartReleaseResponse> {
            seen = request;
            return v1::StartReleaseResponse();
        });
    EXPECT_EQ(person.run({"release", "start", "r.yaml", "--at", "2026-11-28T22:00:00+01:00", "--window", "2h",
                          "--undo-window", "30m"}),
              0);
    EXPECT_EQ(seen.not_before(), "2026-11-28T22:00:00+01:00");
    EXPECT_EQ(seen.window_s(), 7200U);
    EXPECT_EQ(seen.undo_window_s(), 1800U);
    EXPECT_EQ(person.run({"release", "start", "r.yaml", "--at", "tonight"}), 2);
    EXPECT_THAT(person.err.text, HasSubstr("--at tonight: is no time"));
    EXPECT_THAT(person.err.text, HasSubstr("next: write it as 2026-11-28T22:00:00+01:00"));
    EXPECT_EQ(person.run({"release", "start", "r.yaml", "--window", "73h"}), 2);
}

}  // namespace
}  // namespace signalbox::cli
