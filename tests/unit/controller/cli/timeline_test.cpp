// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/timeline_draw.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace signalbox::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class TimelineTest : public testing::Test {
  protected:
    TimelineTest() {
        auto& release = *answer.mutable_release();
        release.set_release_id("shop-1.1.0-7"), release.set_name("shop"), release.set_version("1.1.0");
        release.set_status("undone_partly"), release.set_finished("2026-11-23T09:10:00Z");
        answer.set_now("2026-11-23T10:00:00Z");
        auto& barrier = *release.add_barriers();
        barrier.set_environment("production"), barrier.add_groups("cloud");
        step("web-1", "stage", "prepare", "succeeded");
        span("web-1", "stage", "waits", "09:00:00", "09:01:00");
        span("web-1", "stage", "runs", "09:01:00", "09:03:00");
        step("lb-1", "shift-cloud", "switch", "succeeded")->set_kind("traffic.shift");
        span("lb-1", "shift-cloud", "waits", "09:03:00", "09:04:00");
        span("lb-1", "shift-cloud", "runs", "09:04:00", "09:05:00");
        step("web-2", "check", "verify", "failed")->set_detail("timed_out");
        span("web-2", "check", "sent", "09:05:00", "09:05:30");
        span("web-2", "check", "runs", "09:05:30", "09:07:00");
        auto* undo = step("lb-1", "shift-cloud!undo", "switch", "succeeded");
        undo->set_kind("traffic.shift"), undo->set_undo(true);
        span("lb-1", "shift-cloud!undo", "runs", "09:07:00", "09:10:00");
        step("web-1", "unused!undo", "switch", "skipped")->set_undo(true);
        auto& mark = *answer.add_marks();
        mark.set_at("2026-11-23T09:07:00Z"), mark.set_kind("release"), mark.set_text("it goes back");
    }
    v1::StepInfo* step(const std::string& host, const std::string& name, const std::string& phase,
                       const std::string& status) {
        v1::StepInfo* out = answer.mutable_release()->add_steps();
        out->set_id("production/" + host + "/" + name);
        out->set_environment("production"), out->set_service("shop"), out->set_group("cloud");
        out->set_host(host), out->set_target(host), out->set_phase(phase), out->set_status(status);
        return out;
    }
    void span(const std::string& host, const std::string& name, const std::string& what,
              const std::string& from, const std::string& to) {
        v1::StepSpan* out = answer.add_spans();
        out->set_step_id("production/" + host + "/" + name), out->set_what(what), out->set_attempt(1);
        out->set_from("2026-11-23T" + from + "Z");
        if (!to.empty()) out->set_to("2026-11-23T" + to + "Z");
    }
    v1::GetTimelineResponse answer;
};

TEST_F(TimelineTest, IsOneLineAStepAsWideAsTheTerminal) {
    Terminal plain;
    plain.unicode = false;
    plain.width = 80;
    const auto timeline = timeline_of(answer);
    ASSERT_TRUE(timeline) << timeline.error().to_string();
    EXPECT_EQ(join_lines(timeline_text(*timeline, plain)),
              "shop-1.1.0-7  undone_partly  2026-11-23T09:00:00Z to 2026-11-23T09:10:00Z, 10m00s\n"
              "                            |09:00                    |09:05\n"
              "production  barrier |: everybody was prepared at 2026-11-23T09:03:00Z\n"
              "  shop on cloud\n"
              "  + web-1 stage             .....###########\n"
              "  + lb-1 shift-cloud                       .....######*\n"
              "  x web-2 check                            |          --########x\n"
              "  + undo lb-1 shift-cloud                  |                    uuuuuuuuuuuuuuu*\n"
              "                            |09:00                    |09:05\n"
              ". waits   - with its host   # runs   u is taken back   ? not known   * switched   x failed\n");
    for (const std::string& line : timeline_text(*timeline, plain)) EXPECT_LE(line.size(), 100U) << line;
}

TEST_F(TimelineTest, WhatLastsIsDrawnUntilNow) {
    answer.mutable_release()->set_status("running");
    answer.mutable_release()->clear_finished();
    span("web-2", "check", "asked", "09:30:00", "");
    const auto timeline = timeline_of(answer);
    ASSERT_TRUE(timeline);
    EXPECT_EQ(to_rfc3339(timeline->to), "2026-11-23T10:00:00Z");
    EXPECT_EQ(to_rfc3339(timeline->stages[0].lanes[0].rows[2].spans.back().to), "2026-11-23T10:00:00Z");
}

TEST_F(TimelineTest, attack_42_the_image_holds_every_step_and_cannot_be_broken_by_a_name) {
    step("<script>alert('x')</script>&\x1b", "stage", "prepare", "succeeded");
    span("<script>alert('x')</script>&\x1b", "stage", "runs", "09:01:00", "09:02:00");
    const auto timeline = timeline_of(answer);
    ASSERT_TRUE(timeline);
    const std::string svg = timeline_svg(*timeline);
    EXPECT_THAT(svg, Not(HasSubstr("<script")));
    EXPECT_THAT(svg, Not(HasSubstr("\x1b")));
    EXPECT_THAT(svg, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;\\x1b"));
    EXPECT_THAT(svg, HasSubstr("class=\"switchback\""));
    EXPECT_THAT(svg, HasSubstr("class=\"barrier\""));
    EXPECT_THAT(svg, HasSubstr("1.  09:07:00  it goes back"));
    EXPECT_THAT(svg, HasSubstr("production/web-2/check: ran from 2026-11-23T09:05:30Z for 1m30s"));
    EXPECT_THAT(svg, Not(HasSubstr("http://www.w3.org/1999/xlink")));
    EXPECT_TRUE(svg.starts_with("<?xml"));
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

TEST_F(TimelineTest, AReleaseThatHasNotBegunHasATimelineToo) {
    v1::GetTimelineResponse empty;
    empty.set_now("2026-11-23T10:00:00Z");
    empty.mutable_release()->set_status("waiting");
    const auto timeline = timeline_of(empty);
    ASSERT_TRUE(timeline);
    EXPECT_LT(timeline->from, timeline->to);
    EXPECT_FALSE(timeline_text(*timeline, {}).empty());
    EXPECT_THAT(timeline_svg(*timeline), HasSubstr("</svg>"));
    empty.set_now("yesterday");
    EXPECT_FALSE(timeline_of(empty));
}

TEST(Ticks, AreRoundTimesAndNotTooMany) {
    const Instant from = *parse_rfc3339("2026-11-23T22:59:40Z");
    const auto minutes = ticks_of(from, from + std::chrono::minutes(3), 6);
    ASSERT_EQ(minutes.size(), 6U);
    EXPECT_EQ(minutes[0].words, "23:00:00");
    EXPECT_EQ(minutes[1].words, "23:00:30");
    const auto days = ticks_of(from, from + std::chrono::hours(30), 6);
    ASSERT_FALSE(days.empty());
    EXPECT_LE(days.size(), 6U);
    EXPECT_EQ(days[0].words, "11-24 00:00");
    EXPECT_EQ(days[1].words, "06:00");
    EXPECT_LE(ticks_of(from, from + std::chrono::hours(24 * 365 * 10), 5).size(), 1000U);
}

}  // namespace
}  // namespace signalbox::cli
