// SPDX-License-Identifier: Apache-2.0
// What each strategy makes of a group of hosts, and what holds it back.
#include <gmock/gmock.h>

#include "tests/unit/controller/release/plan/planning.hpp"

namespace signalbox::plan {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr auto kProduction = "environments/production.yaml";
constexpr auto kShop = "services/shop.yaml";
constexpr auto kStopAndStart =
    "stop: {argv: [stop-shop], user: shop, within: 30s}\nstart: {argv: [start-shop], within: 40s}\n";

// Production's legacy hosts alone, `count` of them, by this strategy.
Planning legacy(int count, const std::string& strategy) {
    Planning out;
    for (int i = 2; i <= count; ++i) {
        const std::string name = "old-" + std::to_string(i);
        out.hosts.push_back(
            {AgentId(name), name, "production", "on-premises", {{"role", "legacy"}, {"port", "1"}}});
    }
    out.sample.edit(kManifest, "  barrier: [cloud, dc1]\n", "");
    out.sample.edit(kManifest, "  cloud: {kind: blue_green, traffic: front}\n", "");
    out.sample.edit(kManifest, "{kind: in_place, batch: 1}", strategy);
    return out;
}
// Production's cloud hosts alone, by this strategy.
Planning cloud(const std::string& strategy) {
    Planning out;
    out.sample.edit(kManifest, "  barrier: [cloud, dc1]\n", "");
    out.sample.edit(kManifest, "  dc1: {kind: in_place, batch: 1}\n", "");
    out.sample.edit(kManifest, "{kind: blue_green, traffic: front}", strategy);
    out.sample.texts[kShop] += kStopAndStart;
    return out;
}
const PlanGroup& group(const Plan& plan) {
    return plan.environment("production")->groups.at(0);
}
const PlanStep& step(const Plan& plan, const std::string& id) {
    static const PlanStep none;
    const PlanStep* found = plan.step(StepId(id));
    EXPECT_NE(found, nullptr) << id;
    return found == nullptr ? none : *found;
}

TEST(InPlace, stops_and_starts_around_the_activation_and_takes_it_back_the_other_way) {
    Planning planning = legacy(1, "{kind: in_place}");
    planning.sample.texts[kShop] += kStopAndStart;
    const Plan plan = planning.must();
    EXPECT_THAT(ids(plan.environment("production")->steps),
                ElementsAre("production/old-1/stage", "production/old-1/stop", "production/old-1/activate",
                            "production/old-1/start", "production/old-1/check"));
    EXPECT_THAT(ids(plan.environment("production")->undo),
                ElementsAre("production/old-1/start!undo", "production/old-1/activate!undo",
                            "production/old-1/stop!undo"));
    EXPECT_EQ(step(plan, "production/old-1/stop").kind, "command.run");
    EXPECT_EQ(action(plan, "production/old-1/stop")["argv"], json::Json({"stop-shop"}));
    EXPECT_EQ(action(plan, "production/old-1/stop")["user"], "shop");
    EXPECT_EQ(action(plan, "production/old-1/start!undo")["argv"], json::Json({"stop-shop"}));
    EXPECT_EQ(action(plan, "production/old-1/stop!undo")["argv"], json::Json({"start-shop"}));
    EXPECT_EQ(step(plan, "production/old-1/start").deadline, seconds(40));
}

TEST(Steps, say_for_which_service_where_and_in_which_pool_they_are) {
    Planning planning = legacy(2, "{kind: in_place, traffic: legacy}");
    planning.sample.edit(kProduction, "traffic:\n", R"(traffic:
  legacy:
    kind: haproxy
    socket: /run/haproxy/admin.sock
    backend: legacy
    via: web-green
    servers: {old-1: srv1, old-2: srv2}
)");
    const Plan plan = planning.must();
    const PlanStep& drain = step(plan, "production/web-green/drain-old-2");
    EXPECT_EQ(drain.service, "shop");
    EXPECT_EQ(drain.group, "dc1");
    EXPECT_EQ(drain.host, "web-green");
    EXPECT_EQ(drain.target, "old-2");
    EXPECT_EQ(drain.site, "cloud");
    EXPECT_EQ(drain.pool, "legacy");
    EXPECT_EQ(step(plan, "production/web-green/drain-old-2!undo").pool, "legacy");
    const PlanStep& activate = step(plan, "production/old-2/activate");
    EXPECT_EQ(activate.target, "old-2");
    EXPECT_EQ(activate.site, "on-premises");
    EXPECT_EQ(activate.pool, "");
}

TEST(Rolling, goes_by_a_share_of_the_hosts) {
    const Plan plan = legacy(9, "{kind: rolling, batch: 25%, progress_deadline: 1h}").must();
    EXPECT_EQ(group(plan).strategy, "rolling");
    EXPECT_EQ(group(plan).batch, 2);
    EXPECT_EQ(group(plan).progress_deadline, seconds(3600));
    EXPECT_THAT(
        needs(plan, "production/old-3/activate"),
        UnorderedElementsAre("production/old-1/check", "production/old-2/check", "production/old-3/stage"));
    EXPECT_EQ(group(legacy(3, "{kind: rolling, batch: 5%}").must()).batch, 1);
}

TEST(Rolling, waits_for_hosts_that_stay_healthy) {
    const Plan plan = legacy(1, "{kind: rolling, min_healthy_time: 30s, healthy_deadline: 2m}").must();
    const auto check = action(plan, "production/old-1/check");
    EXPECT_EQ(check["interval_ms"], 500);
    EXPECT_EQ(check["successes"], 61);
    EXPECT_EQ(check["within_s"], 120);
    EXPECT_EQ(check["deadline_s"], 135);
    const auto longer =
        action(legacy(1, "{kind: rolling, min_healthy_time: 10m}").must(), "production/old-1/check");
    EXPECT_EQ(longer["interval_ms"], 6000);
    EXPECT_EQ(longer["successes"], 101);
    EXPECT_EQ(longer["within_s"], 610);
}

TEST(Rolling, a_batch_that_leaves_too_few_healthy_hosts_is_refused_with_the_largest_that_fits) {
    EXPECT_EQ(group(legacy(10, "{kind: rolling, batch: 3, min_healthy: 70%}").must()).batch, 3);
    EXPECT_THAT(
        legacy(10, "{kind: rolling, batch: 4, min_healthy: 70%}").error(),
        AllOf(HasSubstr("releases/shop-1.1.0.yaml:10:"),
              HasSubstr("a batch of 4 takes more of the 10 hosts of 'dc1' out of service than 'min_healthy' "
                        "70% lets"),
              HasSubstr("Write 'batch: 3', the largest that fits")));
    // 67 % of 4 is 2.68: three must stay.
    EXPECT_THAT(legacy(4, "{kind: rolling, batch: 50%, min_healthy: 67%}").error(), HasSubstr("'batch: 1'"));
    EXPECT_THAT(
        legacy(4, "{kind: rolling, min_healthy: 80%}").error(),
        HasSubstr("'min_healthy' 80% lets none of the 4 hosts of 'dc1' out of service. Write at most 75%"));
    EXPECT_THAT(legacy(1, "{kind: rolling, min_healthy: 1%}").error(),
                HasSubstr("lets none of the 1 host of 'dc1' out of service. Remove 'min_healthy'"));
}

TEST(AbsentHosts, are_waited_for_unless_a_quorum_lets_them_be_skipped) {
    const PlanGroup waiting = group(legacy(10, "{kind: in_place}").must());
    EXPECT_EQ(waiting.offline, Offline::wait);
    EXPECT_EQ(waiting.offline_after, seconds(300));
    EXPECT_EQ(waiting.quorum, 10);
    const PlanGroup skipping =
        group(legacy(10, "{kind: in_place, offline: skip, offline_after: 1m, quorum: 85%}").must());
    EXPECT_EQ(skipping.offline, Offline::skip);
    EXPECT_EQ(skipping.offline_after, seconds(60));
    EXPECT_EQ(skipping.quorum, 9);
    EXPECT_THAT(legacy(3, "{kind: in_place, offline: skip, quorum: 4}").error(),
                HasSubstr("the quorum is 4, and 'dc1' has 3 hosts. Write at most 3"));
}

TEST(BlueGreen, holds_its_watch_and_then_retires_the_old_colour) {
    const Plan plan = cloud("{kind: blue_green, traffic: front, watch: 5m, retire: true, keep: 10m}").must();
    const auto verify = action(plan, "production/web-green/verify");
    EXPECT_EQ(verify["interval_ms"], 3000);
    EXPECT_EQ(verify["successes"], 101);
    EXPECT_EQ(verify["within_s"], 310);
    const PlanStep& retire = step(plan, "production/web-blue/retire");
    EXPECT_EQ(retire.kind, "command.run");
    EXPECT_EQ(retire.phase, Phase::verify);
    EXPECT_EQ(retire.delay, seconds(600));
    EXPECT_THAT(needs(plan, "production/web-blue/retire"), ElementsAre("production/web-green/verify"));
    EXPECT_EQ(action(plan, "production/web-blue/retire")["argv"], json::Json({"stop-shop"}));
    // The old colour is started before it serves again.
    EXPECT_EQ(action(plan, "production/web-blue/retire!undo")["argv"], json::Json({"start-shop"}));
    EXPECT_EQ(step(plan, "production/web-blue/retire!undo").delay, seconds(0));
    EXPECT_THAT(needs(plan, "production/web-green/shift-cloud!undo"),
                ElementsAre("production/web-blue/retire!undo"));
    EXPECT_THAT(group(plan).hosts, ElementsAre("web-green"));
}

TEST(Canary, moves_the_traffic_share_by_share) {
    const Plan plan = cloud(
                          "{kind: canary, traffic: front, steps: [{percent: 5, pause: 10m}, {percent: 50, "
                          "pause: 1m, check: true}]}")
                          .must();
    const std::string via = "production/web-green/";
    EXPECT_THAT(group(plan).percents, ElementsAre(5, 50, 100));
    EXPECT_THAT(needs(plan, via + "shift-cloud-5"), ElementsAre(via + "check"));
    EXPECT_EQ(action(plan, via + "shift-cloud-5")["weights"],
              json::Json({{"web-blue", 95}, {"web-green", 5}}));
    EXPECT_EQ(action(plan, via + "shift-cloud-5")["expect"],
              json::Json({{"web-blue", 100}, {"web-green", 0}}));
    EXPECT_EQ(step(plan, via + "shift-cloud-5").delay, seconds(0));
    EXPECT_EQ(step(plan, via + "shift-cloud-50").delay, seconds(600));
    EXPECT_EQ(step(plan, via + "check-cloud-50").delay, seconds(60));
    EXPECT_EQ(step(plan, via + "check-cloud-50").kind, "health.check");
    EXPECT_EQ(step(plan, via + "shift-cloud-100").delay, seconds(0));
    EXPECT_THAT(needs(plan, via + "shift-cloud-100"), ElementsAre(via + "check-cloud-50"));
    EXPECT_THAT(needs(plan, via + "verify"), ElementsAre(via + "shift-cloud-100"));
    EXPECT_EQ(step(plan, via + "shift-cloud-50").makes_live, "");
    EXPECT_EQ(step(plan, via + "shift-cloud-100").makes_live, "green");
}

TEST(Canary, each_shift_goes_back_to_the_weights_before_it) {
    const Plan plan =
        cloud("{kind: canary, traffic: front, steps: [{percent: 5, pause: 10m}, {percent: 50, check: true}]}")
            .must();
    const std::string via = "production/web-green/";
    EXPECT_EQ(action(plan, via + "shift-cloud-100!undo")["weights"],
              json::Json({{"web-blue", 50}, {"web-green", 50}}));
    EXPECT_EQ(action(plan, via + "shift-cloud-50!undo")["weights"],
              json::Json({{"web-blue", 95}, {"web-green", 5}}));
    EXPECT_EQ(action(plan, via + "shift-cloud-5!undo")["weights"],
              json::Json({{"web-blue", 100}, {"web-green", 0}}));
    EXPECT_EQ(step(plan, via + "shift-cloud-100!undo").makes_live, "blue");
    EXPECT_EQ(step(plan, via + "shift-cloud-50!undo").makes_live, "");
    EXPECT_THAT(needs(plan, via + "shift-cloud-5!undo"), ElementsAre(via + "shift-cloud-50!undo"));
}

TEST(Traffic, nginx_and_commands_get_what_their_adapters_need) {
    Planning planning = cloud("{kind: blue_green, traffic: front}");
    planning.sample.edit(kProduction,
                         "    kind: haproxy\n    socket: /run/haproxy/admin.sock\n    backend: shop\n",
                         "    kind: nginx\n    file: /etc/nginx/${host.name}.conf\n    addresses: {web-blue: "
                         "\"10.0.0.1:80\", web-green: \"10.0.0.2:80\"}\n");
    EXPECT_EQ(step(planning.must(), "production/web-green/shift-cloud").action,
              R"({"adapter":"nginx","addresses":{"web-blue":"10.0.0.1:80","web-green":"10.0.0.2:80"},)"
              R"("deadline_s":17,"drain_s":2,"expect":{"web-blue":100,"web-green":0},)"
              R"("file":"/etc/nginx/web-green.conf","kind":"traffic.shift","reload":["nginx","-s","reload"],)"
              R"("service":"shop","test":["nginx","-t"],"upstream":"front",)"
              R"("weights":{"web-blue":0,"web-green":100}})");
    Planning command = cloud("{kind: blue_green, traffic: front}");
    command.sample.edit(kProduction,
                        "    kind: haproxy\n    socket: /run/haproxy/admin.sock\n    backend: shop\n",
                        "    kind: command\n    argv: [weigh, \"${host.name}\"]\n");
    EXPECT_EQ(step(command.must(), "production/web-green/shift-cloud").action,
              R"({"adapter":"command","argv":["weigh","web-green"],"deadline_s":17,"drain_s":2,)"
              R"("expect":{"web-blue":100,"web-green":0},"kind":"traffic.shift","service":"shop","show":[],)"
              R"("weights":{"web-blue":0,"web-green":100}})");
}

TEST(Limits, come_from_every_scope_that_a_step_is_in) {
    Planning planning;
    planning.sample.texts["throttles/all.yaml"] =
        "kind: Throttle\nglobal: {max_in_flight: 50}\nsites: {cloud: {max_in_flight: 5, hard_cap: 7}}\n";
    planning.sample.texts["calendars/retail.yaml"] =
        "kind: Calendar\nname: retail\nopen: \"Sat-Sun 00:00-06:00 Europe/Berlin\"\nblackouts:\n  - {name: "
        "christmas, from: \"2026-12-24 00:00 Europe/Berlin\", to: \"2026-12-27 00:00 Europe/Berlin\"}\n";
    planning.sample.edit(
        kProduction, "throttle: {max_in_flight: 10}",
        "calendar: retail\nbreaker: {failures: 3}\nthrottle: {max_in_flight: 10, peak: {hours: "
        "\"Mon-Fri 08:00-18:00 Europe/Berlin\", max_in_flight: 2}}");
    planning.sample.edit(kProduction, "    live: blue\n",
                         "    live: blue\n    throttle: {max_in_flight: 1}\n");
    planning.sample.texts[kShop] += "throttle: {max_in_flight: 4}\n";
    planning.sample.texts[kManifest] +=
        "priority: emergency\noverrun: undo\njitter: 30s\nbreaker: {rate: 20%}\n";
    const Plan plan = planning.must();
    const PlanEnvironment& production = *plan.environment("production");
    std::vector<std::string> scopes;
    for (const auto& [scope, cap] : production.caps) scopes.push_back(scope);
    EXPECT_THAT(scopes,
                ElementsAre("environment:production", "global", "pool:front", "service:shop", "site:cloud"));
    EXPECT_EQ(production.caps.at("site:cloud").hard_cap, 7);
    EXPECT_EQ(production.caps.at("environment:production").peak_max_in_flight, 2);
    EXPECT_EQ(production.caps.at("environment:production").peak_hours, "Mon-Fri 08:00-18:00 Europe/Berlin");
    EXPECT_EQ(production.breaker.failures, 3);
    EXPECT_EQ(production.calendar.name, "retail");
    EXPECT_EQ(production.calendar.blackouts.size(), 1U);
    EXPECT_EQ(plan.environment("staging")->calendar.name, "");
    EXPECT_EQ(plan.environment("staging")->caps.size(), 3U);
    EXPECT_EQ(plan.priority, Priority::emergency);
    EXPECT_EQ(plan.overrun, Overrun::undo);
    EXPECT_EQ(plan.jitter, seconds(30));
    EXPECT_EQ(plan.breaker.rate_percent, 20);
    const auto again = parse_plan(serialize(plan));
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(*again, plan);
}

TEST(Limits, a_throttle_that_cannot_be_read_stops_every_release) {
    Planning planning;
    planning.sample.texts["throttles/all.yaml"] = "kind: [";
    EXPECT_THAT(planning.error(), HasSubstr("throttles/all.yaml"));
}

}  // namespace
}  // namespace signalbox::plan
