// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/compile.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/controller/release/plan/planning.hpp"

namespace signalbox::plan {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

TEST(Compile, plans_staging_in_place_then_production_under_the_barrier) {
    Planning planning;
    const Plan plan = planning.must();
    EXPECT_EQ(plan.release_id.str(), "shop-1.1.0-7");
    ASSERT_EQ(plan.environments.size(), 2U);
    EXPECT_THAT(ids(plan.environments[0].steps),
                ElementsAre("staging/test-1/stage", "staging/test-1/activate", "staging/test-1/check"));
    const PlanEnvironment& production = plan.environments[1];
    EXPECT_EQ(production.caps.at("environment:production").max_in_flight, 10);
    EXPECT_THAT(production.barrier, ElementsAre("cloud", "dc1"));
    EXPECT_THAT(
        ids(production.steps),
        ElementsAre("production/web-green/stage", "production/web-green/activate",
                    "production/web-green/check", "production/old-1/stage",
                    "production/web-green/shift-cloud", "production/old-1/activate", "production/old-1/check",
                    "production/web-green/verify", "production/old-1/verify"));
    EXPECT_THAT(plan.assumes, ElementsAre(Assumption{"production", "shop", "cloud", "blue"}));
}

TEST(Compile, nobody_switches_before_everybody_is_prepared) {
    Planning planning;
    const Plan plan = planning.must();
    EXPECT_THAT(needs(plan, "production/web-green/shift-cloud"),
                UnorderedElementsAre("production/web-green/check", "production/old-1/stage"));
    EXPECT_THAT(needs(plan, "production/old-1/activate"),
                UnorderedElementsAre("production/web-green/shift-cloud", "production/old-1/stage"));
    EXPECT_THAT(needs(plan, "production/web-green/verify"), ElementsAre("production/old-1/check"));
}

TEST(Compile, the_switch_order_is_the_barriers_order) {
    Planning planning;
    planning.sample.edit(kManifest, "[cloud, dc1]", "[dc1, cloud]");
    const Plan plan = planning.must();
    EXPECT_THAT(needs(plan, "production/old-1/activate"),
                UnorderedElementsAre("production/web-green/check", "production/old-1/stage"));
    EXPECT_THAT(needs(plan, "production/web-green/shift-cloud"), ElementsAre("production/old-1/check"));
}

TEST(Compile, without_a_barrier_the_groups_do_not_wait_for_each_other) {
    Planning planning;
    planning.sample.edit(kManifest, "  barrier: [cloud, dc1]\n", "");
    const Plan plan = planning.must();
    EXPECT_THAT(needs(plan, "production/old-1/activate"), ElementsAre("production/old-1/stage"));
    EXPECT_THAT(needs(plan, "production/web-green/shift-cloud"), ElementsAre("production/web-green/check"));
}

TEST(Compile, undo_goes_backwards_and_puts_the_traffic_back_first) {
    Planning planning;
    const Plan plan = planning.must();
    const PlanEnvironment& production = plan.environments[1];
    EXPECT_THAT(ids(production.undo),
                ElementsAre("production/old-1/activate!undo", "production/web-green/shift-cloud!undo",
                            "production/web-green/activate!undo"));
    EXPECT_THAT(needs(plan, "production/web-green/shift-cloud!undo"),
                ElementsAre("production/old-1/activate!undo"));
    EXPECT_THAT(needs(plan, "production/web-green/activate!undo"),
                ElementsAre("production/web-green/shift-cloud!undo"));
    EXPECT_EQ(action(plan, "production/old-1/activate!undo")["of"], "production/old-1/activate");
    const PlanStep* back = plan.step(StepId("production/web-green/shift-cloud!undo"));
    EXPECT_EQ(back->makes_live, "blue");
    EXPECT_EQ(action(plan, back->id.str())["weights"], json::Json({{"web-blue", 100}, {"web-green", 0}}));
    EXPECT_EQ(action(plan, back->id.str())["expect"], json::Json::object());
}

TEST(Compile, the_shift_says_what_it_found_and_what_it_makes) {
    Planning planning;
    const Plan plan = planning.must();
    const PlanStep* shift = plan.step(StepId("production/web-green/shift-cloud"));
    EXPECT_EQ(shift->makes_live, "green");
    EXPECT_EQ(shift->max_attempts, 1);
    EXPECT_EQ(shift->action,
              R"({"adapter":"haproxy","backend":"shop","deadline_s":17,"drain_s":2,"expect":{"web-blue":100,)"
              R"("web-green":0},"kind":"traffic.shift","service":"shop","socket":"/run/haproxy/admin.sock",)"
              R"("weights":{"web-blue":0,"web-green":100}})");
    EXPECT_EQ(shift->action_sha256, crypto::sha256(shift->action));
}

TEST(Compile, templates_get_each_hosts_own_values) {
    Planning planning;
    const Plan plan = planning.must();
    const auto check = action(plan, "production/old-1/check");
    EXPECT_EQ(check["http"]["url"], "http://127.0.0.1:8001/healthz");
    EXPECT_EQ(check["http"]["contains"], "shop 1.1.0");
    EXPECT_EQ(action(plan, "staging/test-1/activate")["argv"], json::Json({"restart-shop", "8000"}));
}

TEST(Compile, secrets_are_pinned_to_the_newest_version_of_the_environment) {
    Planning planning;
    planning.sample.texts["services/shop.yaml"] +=
        "commands: {migrate: {when: before, argv: [migrate], undo: [back], secrets: {DB: shop-db}, limits: "
        "{cpu_s: 9}}}\n";
    EXPECT_NE(planning.error().find("the secret 'shop-db' has no value in"), std::string::npos);
    planning.secrets[{"staging", "shop-db"}] = {"shop-db", 4, crypto::sha256("staging")};
    planning.secrets[{"production", "shop-db"}] = {"shop-db", 2, crypto::sha256("production")};
    const Plan plan = planning.must();
    const auto run = action(plan, "production/old-1/run-migrate");
    EXPECT_EQ(
        run["secrets"],
        json::Json(
            {{"DB",
              {{"name", "shop-db"}, {"version", 2}, {"commitment", crypto::sha256("production").hex()}}}}));
    EXPECT_EQ(run["limits"], json::Json({{"cpu_s", 9}}));
    EXPECT_EQ(action(plan, "production/old-1/run-migrate!undo")["secrets"], run["secrets"]);
    EXPECT_EQ(action(plan, "staging/test-1/run-migrate")["secrets"]["DB"]["version"], 4);
    // Canonical: what the writer made is what a reader of its members would write.
    const PlanStep* step = plan.step(StepId("production/old-1/run-migrate"));
    EXPECT_EQ(step->action, json::canonical(run));
}

TEST(Compile, a_second_release_goes_to_the_other_colour) {
    Planning planning;
    planning.placements = {{"production", "shop", "cloud", "green"},
                           {"production", "other", "cloud", "blue"}};
    const Plan plan = planning.must();
    EXPECT_NE(plan.step(StepId("production/web-blue/activate")), nullptr);
    EXPECT_EQ(plan.step(StepId("production/web-green/activate")), nullptr);
    EXPECT_EQ(plan.step(StepId("production/web-green/shift-cloud"))->makes_live, "blue");
}

TEST(Compile, in_place_goes_batch_by_batch_and_drains_behind_a_load_balancer) {
    Planning planning;
    planning.sample.edit("environments/production.yaml", "traffic:\n", R"(traffic:
  legacy:
    kind: haproxy
    socket: /run/haproxy/admin.sock
    backend: legacy
    via: old-1
    servers: {old-1: srv1, old-2: srv2, old-3: srv3}
)");
    planning.sample.edit(kManifest, "dc1: {kind: in_place, batch: 1}",
                         "dc1: {kind: in_place, batch: 2, traffic: legacy}");
    for (const auto* name : {"old-2", "old-3"}) {
        planning.hosts.push_back(
            {AgentId(name), name, "production", "on-premises", {{"role", "legacy"}, {"port", "1"}}});
    }
    const Plan plan = planning.must();
    EXPECT_THAT(needs(plan, "production/old-1/drain-old-3"),
                UnorderedElementsAre("production/old-1/undrain-old-1", "production/old-1/undrain-old-2",
                                     "production/old-3/stage"));
    EXPECT_THAT(needs(plan, "production/old-2/activate"), ElementsAre("production/old-1/drain-old-2"));
    EXPECT_THAT(needs(plan, "production/old-1/undrain-old-2"), ElementsAre("production/old-2/check"));
    EXPECT_THAT(needs(plan, "production/old-1/drain-old-2!undo"),
                ElementsAre("production/old-2/activate!undo"));
    EXPECT_EQ(action(plan, "production/old-1/drain-old-2!undo")["weights"], json::Json({{"srv2", 100}}));
}

TEST(Compile, commands_run_around_the_activation_and_are_undone_around_its_revert) {
    Planning planning;
    planning.sample.texts["services/shop.yaml"] += R"(commands:
  backup: {when: before, argv: [backup, "${host.name}"], undo: [restore, "${host.name}"]}
  warm: {when: after, argv: [warm], env: {MODE: fast}}
)";
    const Plan plan = planning.must();
    EXPECT_THAT(needs(plan, "staging/test-1/activate"), ElementsAre("staging/test-1/run-backup"));
    EXPECT_THAT(needs(plan, "staging/test-1/run-warm"), ElementsAre("staging/test-1/check"));
    EXPECT_THAT(needs(plan, "staging/test-1/run-backup!undo"), ElementsAre("staging/test-1/activate!undo"));
    EXPECT_EQ(action(plan, "staging/test-1/run-backup!undo")["argv"], json::Json({"restore", "test-1"}));
    EXPECT_EQ(plan.step(StepId("staging/test-1/run-warm!undo")), nullptr);
}

TEST(Compile, attempts_and_deadlines_have_defaults_and_can_be_set) {
    Planning planning;
    Plan plan = planning.must();
    EXPECT_EQ(plan.step(StepId("staging/test-1/stage"))->max_attempts, 3);
    EXPECT_EQ(plan.step(StepId("staging/test-1/activate"))->max_attempts, 1);
    EXPECT_EQ(plan.step(StepId("staging/test-1/stage"))->deadline, std::chrono::seconds(600));
    EXPECT_EQ(action(plan, "staging/test-1/activate")["deadline_s"], 20);
    planning.sample.edit(kManifest, "test: {kind: in_place}", "test: {kind: in_place, max_attempts: 2}");
    planning.sample.texts[kManifest] += "deadline: 90s\n";
    plan = planning.must();
    EXPECT_EQ(plan.step(StepId("staging/test-1/activate"))->max_attempts, 2);
    EXPECT_EQ(plan.step(StepId("staging/test-1/stage"))->deadline, std::chrono::seconds(90));
}

TEST(Compile, the_same_inputs_in_any_order_give_the_same_bytes) {
    Planning planning;
    const std::string first = serialize(planning.must());
    std::reverse(planning.hosts.begin(), planning.hosts.end());
    EXPECT_EQ(serialize(planning.must()), first);
}

TEST(Compile, a_group_that_selects_no_host_is_refused_at_its_line_with_who_is_there) {
    Planning planning;
    std::erase_if(planning.hosts, [](const Host& host) { return host.name == "old-1"; });
    EXPECT_THAT(planning.error(), AllOf(HasSubstr("environments/production.yaml:8:3"),
                                        HasSubstr("'dc1' of 'production' selects no"),
                                        HasSubstr("Enrol one with site 'on-premises' and labels role=legacy"),
                                        HasSubstr("web-blue (site cloud")));
}

TEST(Compile, blue_green_without_an_idle_host_or_without_colours_is_refused) {
    Planning planning;
    planning.placements = {{"production", "shop", "cloud", "green"}};
    std::erase_if(planning.hosts, [](const Host& host) { return host.name == "web-blue"; });
    EXPECT_THAT(planning.error(),
                HasSubstr("no enrolled, active host of the idle colour blue (green serves)"));
    Planning uncoloured;
    uncoloured.hosts[2].labels.erase("color");
    EXPECT_THAT(uncoloured.error(), AllOf(HasSubstr("'web-blue'"), HasSubstr("--label color=blue")));
}

TEST(Compile, an_artifact_that_is_not_held_is_refused_with_how_to_get_it) {
    Planning planning;
    planning.artifacts.clear();
    EXPECT_THAT(planning.error(), AllOf(HasSubstr("releases/shop-1.1.0.yaml:6:24"),
                                        HasSubstr("does not hold the artifact"), HasSubstr("artifact push")));
    planning.sample.edit(kManifest, "blob:sha256:" + std::string(64, '1'),
                         "git:/srv/shop.git#" + std::string(40, 'a') + ":dist");
    EXPECT_THAT(planning.error(), HasSubstr("artifact import 'git:/srv/shop.git#"));
    planning.artifacts = {{crypto::sha256("tree"), 10, "tar", Instant{},
                           "git:/srv/shop.git#" + std::string(40, 'a') + ":dist"}};
    const Plan plan = planning.must();
    EXPECT_EQ(plan.environments[0].steps[0].artifacts[0].sha256, crypto::sha256("tree"));
}

TEST(Compile, an_artifact_of_another_format_is_refused) {
    Planning planning;
    planning.artifacts[0].format = "tar.zst";
    EXPECT_THAT(planning.error(), HasSubstr("the artifact is a tar.zst, and the service 'shop' takes tar"));
}

TEST(Compile, a_template_without_a_value_names_the_host_and_the_place) {
    Planning planning;
    planning.hosts[1].labels.erase("port");
    EXPECT_THAT(planning.error(), AllOf(HasSubstr("services/shop.yaml:8:"), HasSubstr("${host.port}"),
                                        HasSubstr("for the host 'old-1'")));
}

TEST(Compile, a_socket_from_a_label_is_checked_when_it_is_known) {
    Planning planning;
    planning.sample.edit("environments/production.yaml", "/run/haproxy/admin.sock", "\"${host.socket}\"");
    for (auto& host : planning.hosts) host.labels["socket"] = "/run/lb.sock";
    EXPECT_EQ(action(planning.must(), "production/web-green/shift-cloud")["socket"], "/run/lb.sock");
    for (auto& host : planning.hosts) host.labels["socket"] = "lb.sock";
    EXPECT_THAT(planning.error(), AllOf(HasSubstr("environments/production.yaml:"),
                                        HasSubstr("'lb.sock' is not the path of a socket")));
}

TEST(Compile, the_load_balancers_host_must_be_enrolled) {
    Planning planning;
    planning.sample.edit("environments/production.yaml", "via: web-green", "via: lb-1");
    EXPECT_THAT(planning.error(), HasSubstr("reached via 'lb-1', which is no enrolled"));
}

TEST(Compile, a_host_in_two_groups_is_refused) {
    Planning planning;
    planning.sample.edit("environments/production.yaml", "{site: on-premises, select: {role: legacy}}",
                         "{site: cloud, select: {color: green}}");
    EXPECT_THAT(planning.error(), HasSubstr("host 'web-green' is in the groups 'cloud' and 'dc1'"));
}

TEST(Compile, problems_in_files_that_the_release_does_not_use_do_not_stop_it) {
    Planning planning;
    planning.sample.texts["services/broken.yaml"] = "kind: [";
    planning.must();
    planning.sample.texts["services/shop.yaml"] += "healt: 1\n";
    EXPECT_THAT(planning.error(),
                AllOf(HasSubstr("services/shop.yaml:10:1"), HasSubstr("Did you mean 'health'?")));
}

TEST(Compile, an_unknown_manifest_is_named_with_the_nearest) {
    const auto loaded = support::SampleEstate().load();
    estate::Problems problems;
    const auto plan = compile(
        {ClusterId("demo"), 1, loaded.estate, "c", "releases/shop-1.1.yaml", {}, {}, {}, "", ""}, problems);
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code(), Code::not_found);
    EXPECT_THAT(plan.error().remedy(), HasSubstr("releases/shop-1.1.0.yaml"));
}

TEST(Describe, says_who_changes_and_in_what_order) {
    Planning planning;
    EXPECT_THAT(
        describe(planning.must()),
        AllOf(HasSubstr("shop-1.1.0-7: shop 1.1.0"), HasSubstr("blue serves now; green gets the release"),
              HasSubstr("order: cloud, dc1"), HasSubstr("switch: production/web-green/shift-cloud")));
}

}  // namespace
}  // namespace signalbox::plan
