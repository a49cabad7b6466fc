// SPDX-License-Identifier: Apache-2.0
// Strategies, traffic adapters and releases of several services.
#include <gmock/gmock.h>

#include "controller/estate/colour_weights.hpp"
#include "tests/support/estate/sample_estate.hpp"

namespace signalbox::estate {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kProd = "environments/production.yaml";
constexpr auto kShop = "services/shop.yaml";
constexpr auto kRel = "releases/shop-1.1.0.yaml";
constexpr auto kFriday = "releases/friday.yaml";

constexpr auto kRolling =
    "{kind: rolling, batch: 25%, min_healthy: 70%, min_healthy_time: 30s, healthy_deadline: 2m, "
    "progress_deadline: 1h, offline: skip, offline_after: 1m, quorum: 90%}";
constexpr auto kCanary =
    "{kind: canary, traffic: front, watch: 5m, retire: true, keep: 10m, steps: [{percent: 5, pause: 10m}, "
    "{percent: 50, check: true}]}";
constexpr auto kFridayText = R"(kind: Release
name: friday
version: 2026.48.0
services:
  shop:
    version: 1.1.0
    commit: 5f3c0a1b
    artifacts: {app: {url: "blob:sha256:1111111111111111111111111111111111111111111111111111111111111111"}}
  auth:
    version: 3.0.0
    commit: 5f3c0a1c
    artifacts: {app: {url: "blob:sha256:2222222222222222222222222222222222222222222222222222222222222222"}}
    strategy:
      dc1: {kind: in_place}
path: [production]
strategy:
  cloud: {kind: blue_green, traffic: front}
  barrier: [cloud, dc1]
)";

support::SampleEstate full() {
    support::SampleEstate out;
    out.edit(kRel, "{kind: in_place, batch: 1}", kRolling);
    out.edit(kRel, "{kind: blue_green, traffic: front}", kCanary);
    out.texts[kShop] += "stop: {argv: [stop-shop], within: 30s}\nstart: {argv: [start-shop], user: shop}\n";
    std::string auth = support::kService;
    out.texts["services/auth.yaml"] = auth.replace(auth.find("name: shop"), 10, "name: auth");
    out.texts[kFriday] = kFridayText;
    return out;
}

std::vector<std::string> texts(const Problems& problems) {
    std::vector<std::string> out;
    for (const auto& problem : problems) out.push_back(to_string(problem));
    return out;
}
std::vector<std::string> errors(const Problems& problems) {
    std::vector<std::string> out;
    for (const auto& problem : problems) {
        if (!problem.warning) out.push_back(to_string(problem));
    }
    return out;
}

TEST(EstateStrategies, are_read) {
    const auto loaded = full().load();
    EXPECT_THAT(errors(loaded.problems), IsEmpty());
    const auto& strategies = loaded.estate.releases.at(kRel).services.at(0).strategy;
    const Strategy& rolling = strategies.at("dc1");
    EXPECT_TRUE(rolling.batch.percent);
    EXPECT_EQ(rolling.batch.number, 25);
    EXPECT_EQ(rolling.min_healthy->number, 70);
    EXPECT_EQ(rolling.min_healthy_time, Seconds(30));
    EXPECT_EQ(rolling.healthy_deadline, Seconds(120));
    EXPECT_EQ(rolling.progress_deadline, Seconds(3600));
    EXPECT_EQ(rolling.offline, "skip");
    EXPECT_EQ(rolling.offline_after, Seconds(60));
    EXPECT_EQ(rolling.quorum->number, 90);
    const Strategy& canary = strategies.at("cloud");
    ASSERT_EQ(canary.steps.size(), 3U);
    EXPECT_EQ(canary.steps[0].pause, Seconds(600));
    EXPECT_TRUE(canary.steps[1].check);
    EXPECT_EQ(canary.steps[2].percent, 100);
    EXPECT_EQ(canary.watch, Seconds(300));
    EXPECT_EQ(canary.keep, Seconds(600));
    EXPECT_EQ(loaded.estate.services.at("shop").start->user, "shop");
}

TEST(EstateReleases, of_several_services_share_a_strategy_or_have_their_own) {
    const auto loaded = full().load();
    const Release& friday = loaded.estate.releases.at(kFriday);
    EXPECT_EQ(friday.name.value, "friday");
    ASSERT_EQ(friday.services.size(), 2U);
    EXPECT_TRUE(friday.services[0].strategy.contains("cloud"));
    EXPECT_EQ(friday.services[1].version, "3.0.0");
    EXPECT_FALSE(friday.services[1].strategy.contains("cloud"));
    const Release& single = loaded.estate.releases.at(kRel);
    EXPECT_EQ(single.name.value, "shop");
    EXPECT_EQ(single.services.at(0).version, "1.1.0");
}

TEST(EstateTraffic, has_three_adapters) {
    auto sample = full();
    sample.edit(kProd, "traffic:\n", R"(traffic:
  edge:
    kind: nginx
    via: web-green
    file: /etc/nginx/${host.name}/edge.conf
    servers: {blue: b1, green: [g1, g2]}
    addresses: {b1: "10.0.0.1:8080", g1: "web.example:80", g2: "[::1]:8080"}
    live: blue
    throttle: {max_in_flight: 1}
  cdn:
    kind: command
    via: web-green
    argv: [set-weights, "${host.name}"]
    show: [show-weights]
    servers: {blue: b1, green: g1}
    live: blue
)");
    const auto loaded = sample.load();
    EXPECT_THAT(errors(loaded.problems), IsEmpty());
    const auto& traffic = loaded.estate.environments.at("production").traffic;
    EXPECT_EQ(traffic.at("edge").upstream.value, "edge");
    EXPECT_EQ(traffic.at("edge").reload.size(), 3U);
    EXPECT_EQ(traffic.at("edge").addresses.at("g2"), "[::1]:8080");
    EXPECT_EQ(traffic.at("edge").throttle->max_in_flight, 1);
    EXPECT_EQ(traffic.at("cdn").argv.size(), 2U);

    sample.edit(kProd, "g2: \"[::1]:8080\"", "g3: \"::1\"").edit(kProd, "file: /etc", "file: etc");
    sample.edit(kProd, "argv: [set-weights, \"${host.name}\"]", "socket: /run/x.sock");
    const auto found = texts(sample.load().problems);
    EXPECT_THAT(found, Contains(HasSubstr("'::1' is not the address of a server. Write host and port")));
    EXPECT_THAT(found, Contains(HasSubstr("server 'g2' of 'green' has no address")));
    EXPECT_THAT(found, Contains(HasSubstr("'g3' has an address, and 'servers' does not name it")));
    EXPECT_THAT(found, Contains(HasSubstr("traffic 'cdn' has no 'argv'")));
    EXPECT_THAT(found, Contains(HasSubstr("'socket' is not known in traffic 'cdn'")));
}

TEST(ColourWeights, give_each_colour_its_share_whatever_the_numbers_of_servers) {
    EXPECT_EQ(colour_weights(100, 1, 1, 5), (ColourWeights{95, 5}));
    EXPECT_EQ(colour_weights(100, 3, 3, 50), (ColourWeights{50, 50}));
    // Three live servers with 25 each and one new with 25: a quarter.
    EXPECT_EQ(colour_weights(100, 3, 1, 25), (ColourWeights{25, 25}));
    EXPECT_EQ(colour_weights(100, 1, 4, 20), (ColourWeights{80, 5}));
    EXPECT_EQ(colour_weights(100, 3, 1, 100), (ColourWeights{0, 100}));
    EXPECT_EQ(colour_weights(100, 3, 1, 0), (ColourWeights{100, 0}));
    EXPECT_EQ(colour_weights(1, 1, 1, 5), std::nullopt);
    EXPECT_EQ(colour_weights(9, 1, 1, 5), std::nullopt);
    EXPECT_EQ(colour_weights(10, 1, 1, 5), (ColourWeights{10, 1}));
}

struct Slip {
    const char* name;
    const char* file;
    const char* from;
    const char* to;
    const char* expect;
};

class StrategySlip : public ::testing::TestWithParam<Slip> {};

TEST_P(StrategySlip, is_found_at_its_place) {
    const Slip& slip = GetParam();
    auto sample = full();
    sample.edit(slip.file, slip.from, slip.to);
    EXPECT_THAT(texts(sample.load().problems), Contains(HasSubstr(slip.expect)));
}

INSTANTIATE_TEST_SUITE_P(
    All, StrategySlip,
    ::testing::Values(
        Slip{"batch_over_100", kRel, "batch: 25%", "batch: 125%",
             "'batch' of the strategy of 'dc1' is '125%'. Write a whole number from 1 to 10000, or a "
             "percentage"},
        Slip{"pause_longer_than_progress", kRel, "watch: 5m", "progress_deadline: 1m, watch: 30s",
             "'pause' of 'cloud' (10m) is not shorter than 'progress_deadline' (1m): it would always fail"},
        Slip{"batch_zero_percent", kRel, "batch: 25%", "batch: 0%", "is '0%'"},
        Slip{"min_healthy_over_100", kRel, "min_healthy: 70%", "min_healthy: 101%",
             "'min_healthy' of the strategy of 'dc1' is '101%'. Write a percentage from 1% to 100%"},
        Slip{"min_healthy_of_in_place", kRel, "test: {kind: in_place}",
             "test: {kind: in_place, min_healthy: 50%}",
             "in_place has no 'min_healthy', which 'test' gives it. Remove it, or use kind: rolling"},
        Slip{"percent_batch_of_in_place", kRel, "test: {kind: in_place}",
             "test: {kind: in_place, batch: 50%}",
             "'batch' of the strategy of 'test' is '50%'. Write a whole number"},
        Slip{"deadline_within_time", kRel, "healthy_deadline: 2m", "healthy_deadline: 30s",
             "'healthy_deadline' (30s) is not longer than 'min_healthy_time' (30s)"},
        Slip{"skip_without_quorum", kRel, ", quorum: 90%", "",
             "'offline: skip' does not say how many hosts must be released. Add 'quorum: 90%'"},
        Slip{"quorum_without_skip", kRel, "offline: skip, ", "", "'quorum' stands without 'offline: skip'"},
        Slip{"quorum_over_100", kRel, "quorum: 90%", "quorum: 900%", "is '900%'"},
        Slip{"unknown_offline", kRel, "offline: skip", "offline: ignore", "is 'ignore', which is not known"},
        Slip{"canary_skips", kRel, "watch: 5m", "offline: skip, quorum: 50%",
             "canary cannot skip absent hosts: its colour is switched as a whole"},
        Slip{"canary_without_traffic", kRel, "traffic: front, ", "", "canary of 'cloud' names no traffic"},
        Slip{"canary_without_steps", kRel, ", steps: [{percent: 5, pause: 10m}, {percent: 50, check: true}]",
             "", "the strategy of 'cloud' has no 'steps'"},
        Slip{"canary_empty_steps", kRel, "[{percent: 5, pause: 10m}, {percent: 50, check: true}]", "[]",
             "'steps' of the strategy of 'cloud' names none"},
        Slip{"canary_over_100", kRel, "percent: 50", "percent: 150",
             "'percent' of a step of the canary is '150'. Write a whole number from 1 to 100"},
        Slip{"canary_falls", kRel, "percent: 50", "percent: 5", "step 5% of 'cloud' does not rise above 5%"},
        Slip{"canary_idle_step", kRel, "{percent: 5, pause: 10m}", "{percent: 5}",
             "step 5% of 'cloud' has neither a pause nor a check"},
        Slip{"canary_weight", kProd, "live: blue", "live: blue\n    weight: 5",
             "the weight 5 of traffic 'front' of 'production' is too small for 5%. Write 'weight: 10' or "
             "more"},
        Slip{"retire_without_stop", kShop,
             "stop: {argv: [stop-shop], within: 30s}\nstart: {argv: [start-shop], user: shop}\n", "",
             "'cloud' retires the old colour, and service 'shop' has no 'stop'"},
        Slip{"keep_without_retire", kRel, "retire: true, ", "", "'keep' stands without 'retire'"},
        Slip{"stop_without_start", kShop, "start: {argv: [start-shop], user: shop}\n", "",
             "services/shop.yaml:10:7: the service has 'stop' and no 'start'"},
        Slip{"start_without_argv", kShop, "{argv: [start-shop], user: shop}", "{user: shop}",
             "start has no 'argv'"},
        Slip{"deadline_below_watch", kRel, "path:", "deadline: 2m\npath:",
             "the checks of 'cloud' take longer than 5m, and 'deadline' of the release is 2m"},
        Slip{"name_is_needed", kFriday, "name: friday\n", "",
             "releases/friday.yaml:1:1: the release has no 'name'"},
        Slip{"service_beside_services", kFriday, "services:", "commit: 5f3c0a1b\nservices:",
             "releases/friday.yaml:4:9: 'commit' stands beside 'services'. Move it into the entry of its "
             "service"},
        Slip{"unknown_service", kFriday, "  auth:", "  auht:",
             "releases/friday.yaml:9:3: service 'auht' is not in the estate. Did you mean 'auth'?"},
        Slip{"service_without_version", kFriday, "    version: 3.0.0\n", "",
             "service 'auth' of the release has no 'version'"},
        Slip{"no_host", kFriday, "dc1: {kind", "test: {kind",
             "releases/friday.yaml:9:3: service 'auth' has no host in 'production'"},
        Slip{"barrier_in_a_service", kFriday, "      dc1: {kind: in_place}",
             "      dc1: {kind: in_place}\n      barrier: [dc1]",
             "the strategy of service 'auth' has a barrier"},
        Slip{"barrier_nobody", kFriday, "[cloud, dc1]", "[cloud, dc2]",
             "releases/friday.yaml:18:20: the barrier names 'dc2', which has no strategy. Did you mean "
             "'dc1'?"},
        Slip{"one_traffic_for_two", kFriday, "dc1: {kind: in_place}",
             "cloud: {kind: blue_green, traffic: front}",
             "traffic 'front' is used by 'cloud' of service 'shop' and by 'cloud' of service 'auth'"},
        Slip{"common_strategy_missing", kFriday,
             "strategy:\n  cloud: {kind: blue_green, traffic: front}\n  barrier: [cloud, dc1]\n", "",
             "releases/friday.yaml:1:1: the release has no 'strategy'"},
        Slip{"no_services", kFriday, "services:", "services: {}\nignored:", "'services' names none"}),
    [](const auto& slip) { return std::string(slip.param.name); });

}  // namespace
}  // namespace signalbox::estate
