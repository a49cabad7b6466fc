// SPDX-License-Identifier: Apache-2.0
#include "common/telemetry/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::telemetry {
namespace {

TEST(MetricsTest, RendersWhatPrometheusReads) {
    Metrics metrics;
    metrics.counter("signalbox_steps_total", "Steps that ended.", {{"code", "ok"}}).add(2);
    metrics.counter("signalbox_steps_total", "Steps that ended.", {{"code", "ok"}}).add();
    metrics.counter("signalbox_steps_total", "Steps that ended.", {{"code", "a\"b\\c\n"}}).add();
    metrics.gauge("signalbox_agents", "Agents\nby state.").set(-4);
    auto& commit = metrics.histogram("signalbox_commit_seconds", "Commits.", {0.1, 1});
    commit.observe(0.1);
    commit.observe(0.5);
    commit.observe(9);
    EXPECT_EQ(metrics.render(),
              "# HELP signalbox_agents Agents\\nby state.\n"
              "# TYPE signalbox_agents gauge\n"
              "signalbox_agents -4\n"
              "# HELP signalbox_commit_seconds Commits.\n"
              "# TYPE signalbox_commit_seconds histogram\n"
              "signalbox_commit_seconds_bucket{le=\"0.1\"} 1\n"
              "signalbox_commit_seconds_bucket{le=\"1\"} 2\n"
              "signalbox_commit_seconds_bucket{le=\"+Inf\"} 3\n"
              "signalbox_commit_seconds_sum 9.6\n"
              "signalbox_commit_seconds_count 3\n"
              "# HELP signalbox_steps_total Steps that ended.\n"
              "# TYPE signalbox_steps_total counter\n"
              "signalbox_steps_total{code=\"a\\\"b\\\\c\\n\"} 1\n"
              "signalbox_steps_total{code=\"ok\"} 3\n");
}

TEST(MetricsTest, AFloodOfLabelsEndsInOneSeries) {
    Metrics metrics;
    for (int i = 0; i < 5000; ++i) metrics.counter("x_total", "X.", {{"who", std::to_string(i)}}).add();
    EXPECT_EQ(metrics.counter("x_total", "X.", {{"who", "new"}}).value(), 4000U);
    EXPECT_THAT(metrics.render(), ::testing::HasSubstr("x_total{overflow=\"true\"} 4000\n"));
}

}  // namespace
}  // namespace signalbox::telemetry
