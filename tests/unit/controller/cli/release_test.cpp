// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "controller/cli/exit_code.hpp"
#include "controller/cli/progress.hpp"
#include "controller/cli/release_render.hpp"

namespace signalbox::cli {
namespace {

const Instant kNow = *parse_rfc3339("2026-11-23T09:10:00Z");

v1::StepInfo* add(v1::ReleaseInfo& release, const std::string& environment, const std::string& host,
                  const std::string& kind, const std::string& status, const std::string& started = "",
                  const std::string& finished = "") {
    v1::StepInfo* step = release.add_steps();
    step->set_id(environment + "/" + host + "/" + kind);
    step->set_environment(environment), step->set_host(host), step->set_kind(kind), step->set_phase("switch");
    step->set_status(status), step->set_started(started), step->set_finished(finished);
    step->set_attempt(1), step->set_deadline_s(60);
    return step;
}

v1::ReleaseInfo under_way() {
    v1::ReleaseInfo release;
    release.set_release_id("shop-1.1.0-7"), release.set_service("shop"), release.set_version("1.1.0");
    release.set_status("running"), release.set_environment("production"), release.set_requester("carol");
    release.set_created("2026-11-23T09:00:00Z");
    add(release, "staging", "stage-1", "artifact.stage", "succeeded", "2026-11-23T09:01:00Z",
        "2026-11-23T09:01:20Z");
    add(release, "production", "web-1", "artifact.stage", "succeeded", "2026-11-23T09:09:00Z",
        "2026-11-23T09:09:10Z");
    add(release, "production", "web-2", "artifact.stage", "running", "2026-11-23T09:09:55Z");
    add(release, "production", "web-3", "artifact.stage", "pending")->set_why("waits for a free slot");
    v1::StepInfo* undo = add(release, "production", "web-1", "release.revert", "pending");
    undo->set_undo(true), undo->set_id("production/web-1/activate!undo");
    return release;
}

TEST(Release, IsShownByStageWithTimesAndWhatItWaitsFor) {
    Terminal plain;
    plain.unicode = false;
    EXPECT_EQ(join_lines(render_release(under_way(), kNow, plain)),
              "shop-1.1.0-7  running in production  started 10m00s ago by carol\n"
              "  + staging  1 of 1 step\n"
              "    + stage-1  switch   artifact.stage    succeeded   20s\n"
              "  * production  1 of 3 steps\n"
              "    + web-1    switch   artifact.stage    succeeded   10s\n"
              "    * web-2    switch   artifact.stage    running     5s of 1m00s\n"
              "    . web-3    switch   artifact.stage    pending                     waits for a free slot\n"
              "[##############..........] 2 of 4 steps  about 25s left\n");
}

TEST(Release, ALongRemarkGoesBelowItsStepOnATerminalAndStaysInAPipe) {
    v1::ReleaseInfo release = under_way();
    release.mutable_steps(2)->set_status("failed");
    release.mutable_steps(2)->set_detail(
        "the health check of the shop did not pass within a whole minute: status 503");
    Terminal screen;
    screen.interactive = true;
    screen.unicode = false;
    screen.width = 80;
    const auto text = join_lines(render_release(release, kNow, uncut(screen)));
    EXPECT_THAT(text,
                testing::HasSubstr("artifact.stage    failed      5s\n"
                                   "        the health check of the shop did not pass within a whole minute: "
                                   "status\n        503\n"));
    screen.interactive = false;
    EXPECT_THAT(join_lines(render_release(release, kNow, uncut(screen))),
                testing::HasSubstr("failed      5s              the health check"));
}

TEST(Release, KeepsWhatMattersWhenTheScreenIsSmall) {
    v1::ReleaseInfo release = under_way();
    for (int i = 0; i < 50; ++i)
        add(release, "production", "more-" + std::to_string(i), "health.check", "pending");
    Terminal plain;
    plain.unicode = false;
    const auto lines = render_release(release, kNow, plain, 9);
    ASSERT_LE(lines.size(), 9U);
    const std::string text = join_lines(lines);
    EXPECT_THAT(text, testing::HasSubstr("web-2    switch   artifact.stage    running"));
    EXPECT_THAT(text, testing::HasSubstr("and 50 more"));
    EXPECT_THAT(lines.back(), testing::HasSubstr("2 of 54 steps"));
}

TEST(Release, ALogHasOneLinePerChange) {
    const v1::ReleaseInfo before = under_way();
    v1::ReleaseInfo after = before;
    after.mutable_steps(2)->set_status("failed");
    after.mutable_steps(2)->set_finished("2026-11-23T09:10:00Z");
    after.mutable_steps(2)->set_detail("refused: R_DIGEST\x1b[31m");
    after.set_status("undoing");
    after.set_reason("a step failed");
    auto* gate = after.add_gates();
    gate->set_environment("production"), gate->set_gate("approval"), gate->set_verdict("wait");
    gate->set_reason("0 of 1"), gate->set_remedy("approve it");
    EXPECT_EQ(join_lines(render_changes(&before, after, kNow, {})),
              "2026-11-23T09:10:00Z release shop-1.1.0-7 undoing in production: a step failed\n"
              "2026-11-23T09:10:00Z step production/web-2/artifact.stage failed after 5s: refused: "
              "R_DIGEST\\x1b[31m\n"
              "2026-11-23T09:10:00Z wait production approval: 0 of 1; next: approve it\n");
    EXPECT_TRUE(render_changes(&after, after, kNow, {}).empty());
    EXPECT_EQ(render_changes(nullptr, before, kNow, {}).size(), 4U);
}

TEST(Release, WhatHappenedBeforeAnybodyWatchedHasItsOwnTime) {
    const Instant much_later = kNow + std::chrono::hours(3);
    v1::ReleaseInfo release = under_way();
    EXPECT_EQ(join_lines(render_changes(nullptr, release, much_later, {})),
              "2026-11-23T09:01:20Z step staging/stage-1/artifact.stage succeeded after 20s\n"
              "2026-11-23T09:09:10Z step production/web-1/artifact.stage succeeded after 10s\n"
              "2026-11-23T09:09:55Z release shop-1.1.0-7 running in production\n"
              "2026-11-23T09:09:55Z step production/web-2/artifact.stage running\n");
    release.set_status("aborted");
    release.set_finished("2026-11-23T09:30:00Z");
    EXPECT_EQ(render_changes(nullptr, release, much_later, {}).back(),
              "2026-11-23T09:30:00Z release shop-1.1.0-7 aborted in production");
}

TEST(Release, TheEndSaysWhatIsLeftToDo) {
    v1::ReleaseInfo release = under_way();
    release.set_status("undone_partly");
    release.add_not_undone("legacy-1: release.revert failed");
    EXPECT_EQ(join_lines(render_verdict(release, {})),
              "the release was undone, but these are not back where they were:\n"
              "  legacy-1: release.revert failed\n"
              "next: signalbox release explain shop-1.1.0-7\n");
}

TEST(Release, AnUndoSaysWhichEnvironmentIsBackAndWhichKeepsTheRelease) {
    v1::ReleaseInfo release = under_way();
    release.set_status("undone");
    EXPECT_EQ(join_lines(render_verdict(release, {})),
              "the release was undone: every host of production is back where it was; staging keeps 1.1.0\n");
}

TEST(Release, StepsThatWereSkippedAreNotCountedAsDone) {
    v1::ReleaseInfo release = under_way();
    release.mutable_steps(2)->set_status("failed");
    release.mutable_steps(3)->set_status("skipped");
    Terminal plain;
    plain.unicode = false;
    EXPECT_THAT(join_lines(render_release(release, kNow, plain)),
                testing::HasSubstr("production  1 of 3 steps, 1 skipped, 1 failed\n"));
}

TEST(Release, OneThatEndedHalfWayDoesNotLookFinished) {
    v1::ReleaseInfo release = under_way();
    release.set_status("aborted");
    release.mutable_steps(2)->set_status("succeeded");
    release.mutable_steps(3)->set_status("skipped");
    release.mutable_steps(4)->set_status("skipped");
    Terminal plain;
    plain.unicode = false;
    std::string text = join_lines(render_release(release, kNow, plain));
    EXPECT_THAT(text, testing::HasSubstr("x production  2 of 3 steps, 1 skipped\n"));
    EXPECT_THAT(text, testing::HasSubstr("[##################......] 3 of 4 steps\n"));
    release.add_not_undone("web-1: production/web-1/activate (no undo was run)");
    EXPECT_EQ(render_verdict(release, plain).back(), "next: signalbox release undo shop-1.1.0-7");
    release.set_status("failed");
    release.mutable_steps(2)->set_status("failed");
    EXPECT_THAT(join_lines(render_release(release, kNow, plain)),
                testing::HasSubstr("[############............] 2 of 4 steps\n"));
    // What was skipped because its host was left out is what the plan allows.
    release.set_status("succeeded");
    release.mutable_steps(2)->set_status("succeeded");
    release.add_left_out()->set_host("web-3");
    text = join_lines(render_release(release, kNow, plain));
    EXPECT_THAT(text, testing::HasSubstr("+ production  2 of 3 steps, 1 skipped\n"));
    EXPECT_THAT(text, testing::HasSubstr("[########################] 3 of 3 steps\n"));
}

TEST(Release, OneThatExpiredOrLeftHostsOutSaysSo) {
    v1::ReleaseInfo release;
    release.set_name("shop"), release.set_version("1.1.0"), release.set_status("failed");
    release.set_expired(true), release.set_not_after("2026-11-23T08:00:00Z");
    EXPECT_EQ(render_verdict(release, {}).at(0),
              "expired: its window ended at 2026-11-23T08:00:00Z before it could start; nothing was changed");
    release.set_expired(false), release.set_status("succeeded");
    release.add_left_out()->set_host("web-3");
    EXPECT_EQ(render_verdict(release, {}).at(0), "shop 1.1.0 is released, but not on web-3");
    EXPECT_EQ(exit_code_of_release(release.status()), 0) << "its plan allows it";
    release.clear_left_out(), release.set_status("failed");
    release.add_not_undone("db-1: production/db-1/run-migrate (no undo was run)");
    EXPECT_THAT(
        join_lines(render_verdict(release, {})),
        testing::HasSubstr("these were changed and not undone:\n  db-1: production/db-1/run-migrate"));
}

TEST(Release, SeveralServicesAreShownLaneByLaneUnderTheirTerms) {
    v1::ReleaseInfo release = under_way();
    release.clear_steps();
    for (const char* host : {"web-1", "db-1", "web-2"}) {
        v1::StepInfo* step = add(release, "production", host, "artifact.stage", "pending");
        step->set_service(host[0] == 'w' ? "shop" : "ledger-db"),
            step->set_group(host[0] == 'w' ? "cloud" : "dc1");
    }
    for (const char* service : {"ledger-db", "shop"}) {
        auto* one = release.add_services();
        one->set_service(service), one->set_version("2.0");
    }
    release.set_not_before("2026-11-23T12:10:00Z"), release.set_not_after("2026-11-23T14:10:00Z");
    release.set_overrun("undo"), release.set_undo_not_after("2026-11-23T15:10:00Z");
    release.set_priority("emergency");
    auto* breaker = release.add_breakers();
    breaker->set_of("production"), breaker->set_status("open"),
        breaker->set_why("3 attempts failed within 10m");
    breaker->set_tries_at("2026-11-23T09:12:00Z");
    auto* closed = release.add_closed();
    closed->set_environment("production"), closed->set_name("freeze");
    closed->set_from("2026-11-23T13:00:00Z"), closed->set_to("2026-11-23T13:30:00Z");
    Terminal plain;
    plain.unicode = false;
    EXPECT_EQ(join_lines(render_release(release, kNow, plain)),
              "shop-1.1.0-7  running in production  started 10m00s ago by carol\n"
              "  services  ledger-db 2.0, then shop 2.0\n"
              "  emergency goes first, up to each limit's hard cap\n"
              "  window    opens in 3h00m (2026-11-23T12:10:00Z), for 2h00m; then: undo\n"
              "  undo      may start until 2026-11-23T15:10:00Z\n"
              "  closed    production from 2026-11-23T13:00:00Z to 2026-11-23T13:30:00Z: freeze\n"
              "  breaker   of production is open: 3 attempts failed within 10m; one host is tried in 2m00s\n"
              "  . production  0 of 3 steps\n"
              "    shop on cloud\n"
              "    . web-1  switch   artifact.stage    pending\n"
              "    . web-2  switch   artifact.stage    pending\n"
              "    ledger-db on dc1\n"
              "    . db-1   switch   artifact.stage    pending\n"
              "[........................] 0 of 3 steps\n");
}

TEST(Progress, APauseThatWasPlannedCounts) {
    v1::ReleaseInfo release = under_way();
    release.mutable_steps(2)->set_status("succeeded");
    release.mutable_steps(2)->set_finished("2026-11-23T09:10:00Z");
    release.mutable_steps(3)->set_status("ready");
    release.mutable_steps(3)->set_not_before("2026-11-23T09:20:00Z");
    const Progress progress = progress_of(release, kNow);
    ASSERT_TRUE(progress.left);
    EXPECT_EQ(std::chrono::round<std::chrono::seconds>(*progress.left), std::chrono::minutes(10));
}

TEST(Progress, TakesTheTimeOfSimilarStepsAndOtherwiseTheDeadline) {
    v1::ReleaseInfo release = under_way();
    Progress progress = progress_of(release, kNow);
    EXPECT_EQ(progress.done, 2U);
    EXPECT_EQ(progress.total, 4U);  // undo steps are not in the way of going forward
    EXPECT_FALSE(progress.at_most);
    ASSERT_TRUE(progress.left);
    EXPECT_EQ(std::chrono::round<std::chrono::seconds>(*progress.left),
              std::chrono::seconds(25));  // 15 - 5 + 15
    add(release, "production", "web-9", "command.run", "pending");
    progress = progress_of(release, kNow);
    EXPECT_TRUE(progress.at_most);
    EXPECT_EQ(std::chrono::round<std::chrono::seconds>(*progress.left), std::chrono::seconds(85));
    release.set_status("halted");
    EXPECT_FALSE(progress_of(release, kNow).left) << "nobody knows when people resume it";
}

TEST(Progress, NeverLeavesItsBounds) {
    EXPECT_EQ(progress_of(v1::ReleaseInfo(), kNow).fraction, 0);
    Terminal plain;
    plain.unicode = false;
    EXPECT_EQ(bar(-1, 4, plain), "[....]");
    EXPECT_EQ(bar(7, 4, plain), "[####]");
    EXPECT_EQ(bar(0.0 / 1.0 / 0.0 * 0.0, 4, plain).size(), 6U);
    v1::ReleaseInfo late = under_way();
    late.mutable_steps(2)->set_started("2026-11-22T09:00:00Z");
    EXPECT_GT(progress_of(late, kNow).fraction, 0);
    EXPECT_EQ(transfer_text(3 << 20, 6 << 20, 0, std::chrono::seconds(3), plain),
              "[############............] 3.0 MiB of 6.0 MiB  1.0 MiB/s  3s left");
}

TEST(ExitCodes, AreThePromisedOnes) {
    EXPECT_EQ(exit_code_of_release("succeeded"), 0);
    EXPECT_EQ(exit_code_of_release("failed"), 1);
    EXPECT_EQ(exit_code_of_release("aborted"), 1);
    EXPECT_EQ(exit_code_of_release("undone"), 5);
    EXPECT_EQ(exit_code_of_release("undone_partly"), 6);
    EXPECT_EQ(exit_code_of(Code::invalid_argument), 2);
    EXPECT_EQ(exit_code_of(Code::refused), 3);
    EXPECT_EQ(exit_code_of(Code::unavailable), 4);
    EXPECT_EQ(exit_code_of(Code::deadline_exceeded), 7);
    EXPECT_EQ(exit_code_of(Code::internal), 70);
    for (const char* going : {"waiting", "running", "halted", "undoing", ""})
        EXPECT_FALSE(release_has_ended(going)) << going;
}

}  // namespace
}  // namespace signalbox::cli
