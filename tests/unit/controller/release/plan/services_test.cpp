// SPDX-License-Identifier: Apache-2.0
// Releases of several services: their order, what waits for what, and circles.
#include <gmock/gmock.h>

#include "tests/unit/controller/release/plan/planning.hpp"

namespace signalbox::plan {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// `shop` depends on `cache`, which is not released and depends on `auth`. Each has a host in place (…-old)
// and two colours (…-blue, …-green).
constexpr auto kEnvironment = R"(kind: Environment
name: prod
tier: test
hosts:
  auth-old: {site: dc1, select: {group: auth-old}}
  auth-cloud: {site: dc1, select: {group: auth-cloud}}
  shop-old: {site: dc1, select: {group: shop-old}}
  shop-cloud: {site: dc1, select: {group: shop-cloud}}
traffic:
  auth: {kind: haproxy, socket: /run/h.sock, backend: auth, via: lb, servers: {blue: ab, green: ag}, live: blue}
  shop: {kind: haproxy, socket: /run/h.sock, backend: shop, via: lb, servers: {blue: sb, green: sg}, live: blue}
)";
constexpr auto kFriday = R"(kind: Release
name: friday
version: 2026.48.0
tickets: [REL-1]
services:
  shop:
    version: 1.1.0
    commit: 5f3c0a1b
    artifacts: {app: {url: "blob:sha256:1111111111111111111111111111111111111111111111111111111111111111"}}
    strategy:
      shop-old: {kind: in_place}
      shop-cloud: {kind: blue_green, traffic: shop}
  auth:
    version: 3.0.0
    commit: 5f3c0a1c
    artifacts: {app: {url: "blob:sha256:2222222222222222222222222222222222222222222222222222222222222222"}}
    strategy:
      auth-old: {kind: in_place}
      auth-cloud: {kind: blue_green, traffic: auth}
path: [prod]
)";
constexpr auto kBarrier = "strategy:\n  barrier: [shop-cloud, shop-old, auth-cloud, auth-old]\n";

std::string service(const std::string& name, const std::string& depends) {
    return "kind: Service\nname: " + name +
           "\nowner: o\nsupport_group: s\ncost_center: c\ncriticality: low\n" +
           (depends.empty() ? "" : "depends_on: [" + depends + "]\n") +
           "artifact: {format: tar}\nhealth: {argv: [check]}\n";
}

Host host(const std::string& name, const std::string& group, const std::string& color) {
    return {AgentId(name), name, "prod", "dc1", {{"group", group}, {"color", color}}};
}

struct Friday : Planning {
    Friday() {
        manifest = "releases/friday.yaml";
        sample.texts = {{"environments/prod.yaml", kEnvironment},
                        {"services/auth.yaml", service("auth", "")},
                        {"services/cache.yaml", service("cache", "auth")},
                        {"services/shop.yaml", service("shop", "cache")},
                        {"releases/friday.yaml", kFriday}};
        hosts = {host("lb", "lb", "")};
        for (const std::string name : {"auth", "shop"}) {
            hosts.push_back(host(name + "-o", name + "-old", ""));
            hosts.push_back(host(name + "-b", name + "-cloud", "blue"));
            hosts.push_back(host(name + "-g", name + "-cloud", "green"));
        }
        artifacts.push_back({crypto::parse_digest(std::string(64, '2')).value(), 10, "tar", Instant{}, ""});
    }
    Friday& with_barrier() {
        sample.texts[manifest] += kBarrier;
        return *this;
    }
};

TEST(Services, shared_ones_come_first_and_each_has_its_own_version_and_artifact) {
    Friday friday;
    const Plan plan = friday.must();
    EXPECT_EQ(plan.release_id.str(), "friday-2026.48.0-7");
    EXPECT_EQ(plan.name, "friday");
    EXPECT_EQ(plan.version, "2026.48.0");
    ASSERT_EQ(plan.services.size(), 2U);
    EXPECT_EQ(plan.services[0].name, "auth");
    EXPECT_EQ(plan.services[0].version, "3.0.0");
    EXPECT_EQ(plan.services[1].name, "shop");
    EXPECT_EQ(plan.services[1].artifact.sha256.hex(), std::string(64, '1'));
    EXPECT_EQ(plan.step(StepId("prod/auth-o/auth:stage"))->artifacts[0].sha256.hex(), std::string(64, '2'));
    EXPECT_EQ(action(plan, "prod/shop-o/shop:activate")["service"], "shop");
    EXPECT_THAT(plan.assumes, ElementsAre(Assumption{"prod", "auth", "auth-cloud", "blue"},
                                          Assumption{"prod", "shop", "shop-cloud", "blue"}));
}

TEST(Services, a_dependent_switches_and_installs_after_what_it_depends_on_through_one_that_stays) {
    Friday friday;
    const Plan plan = friday.must();
    const auto auth = {"prod/auth-o/auth:check", "prod/lb/auth:shift-auth-cloud"};
    EXPECT_THAT(needs(plan, "prod/shop-o/shop:activate"),
                UnorderedElementsAre("prod/auth-o/auth:check", "prod/lb/auth:shift-auth-cloud",
                                     "prod/shop-o/shop:stage"));
    EXPECT_THAT(needs(plan, "prod/shop-g/shop:activate"),
                UnorderedElementsAre("prod/auth-o/auth:check", "prod/lb/auth:shift-auth-cloud",
                                     "prod/shop-g/shop:stage"));
    EXPECT_THAT(needs(plan, "prod/shop-g/shop:stage"), IsEmpty());
    for (const auto* first : auth) {
        EXPECT_THAT(needs(plan, "prod/lb/shop:shift-shop-cloud"), Contains(first));
    }
    // The undo goes the other way, on every side.
    EXPECT_THAT(needs(plan, "prod/auth-o/auth:activate!undo"),
                UnorderedElementsAre("prod/shop-o/shop:activate!undo", "prod/shop-g/shop:activate!undo",
                                     "prod/lb/shop:shift-shop-cloud!undo"));
}

TEST(Services, a_barrier_holds_all_of_them_and_excuses_what_is_prepared_from_waiting) {
    Friday friday;
    const Plan plan = friday.with_barrier().must();
    EXPECT_THAT(needs(plan, "prod/shop-g/shop:activate"), ElementsAre("prod/shop-g/shop:stage"));
    const auto prepared = {"prod/auth-g/auth:check", "prod/auth-o/auth:stage", "prod/shop-g/shop:check",
                           "prod/shop-o/shop:stage"};
    EXPECT_THAT(needs(plan, "prod/lb/auth:shift-auth-cloud"), ::testing::UnorderedElementsAreArray(prepared));
    // Of one service in the barrier's order; the dependent after all of what it depends on.
    EXPECT_THAT(needs(plan, "prod/auth-o/auth:activate"),
                UnorderedElementsAre("prod/lb/auth:shift-auth-cloud", "prod/auth-o/auth:stage"));
    EXPECT_THAT(needs(plan, "prod/lb/shop:shift-shop-cloud"), Contains("prod/auth-o/auth:check"));
    EXPECT_THAT(needs(plan, "prod/shop-o/shop:activate"), Contains("prod/lb/shop:shift-shop-cloud"));
    EXPECT_THAT(needs(plan, "prod/auth-g/auth:verify"), ElementsAre("prod/shop-o/shop:check"));
}

TEST(Services, that_do_not_depend_on_each_other_run_side_by_side) {
    Friday friday;
    friday.sample.texts["services/shop.yaml"] = service("shop", "");
    EXPECT_THAT(needs(friday.must(), "prod/shop-o/shop:activate"), ElementsAre("prod/shop-o/shop:stage"));
    const Plan plan = friday.with_barrier().must();
    EXPECT_THAT(needs(plan, "prod/lb/shop:shift-shop-cloud"), Not(Contains("prod/auth-o/auth:check")));
    EXPECT_THAT(needs(plan, "prod/auth-g/auth:verify"),
                UnorderedElementsAre("prod/shop-o/shop:check", "prod/auth-o/auth:check"));
}

TEST(Services, two_may_change_one_host) {
    Friday friday;
    friday.sample.edit("environments/prod.yaml", "select: {group: shop-old}", "select: {group: auth-old}");
    const Plan plan = friday.must();
    EXPECT_NE(plan.step(StepId("prod/auth-o/auth:activate")), nullptr);
    EXPECT_NE(plan.step(StepId("prod/auth-o/shop:activate")), nullptr);
}

TEST(Services, a_circle_is_refused_by_its_name) {
    Friday friday;
    friday.sample.texts["services/auth.yaml"] = service("auth", "shop");
    EXPECT_THAT(friday.error(),
                AllOf(HasSubstr("services/auth.yaml:7:14"),
                      HasSubstr("services depend on each other in a circle: auth -> shop -> cache -> auth")));
}

TEST(Services, a_circle_that_starts_in_a_file_of_another_service_is_refused_too) {
    Friday friday;
    // The estate's check names it from `aaa`, which is not released.
    friday.sample.texts["services/aaa.yaml"] = service("aaa", "shop");
    friday.sample.texts["services/shop.yaml"] = service("shop", "aaa");
    EXPECT_THAT(friday.error(),
                AllOf(HasSubstr("services/shop.yaml:7:14"), HasSubstr("in a circle: shop -> aaa -> shop")));
}

TEST(Services, a_circle_through_the_barrier_is_named_with_how_to_break_it) {
    Friday friday;
    // shop's idle colour waits for auth-old, outside; which waits for db, inside, which waits for all that
    // the barrier prepares.
    friday.sample.texts["services/auth.yaml"] = service("auth", "db");
    friday.sample.texts["services/db.yaml"] = service("db", "");
    friday.sample.edit("environments/prod.yaml", "hosts:\n",
                       "hosts:\n  db: {site: dc1, select: {group: db}}\n");
    friday.hosts.push_back(host("db-1", "db", ""));
    friday.sample.edit(
        friday.manifest, "path: [prod]",
        "  db:\n    version: 1.0.0\n    commit: 5f3c0a1c\n    artifacts: {app: {url: \"blob:sha256:" +
            std::string(64, '2') + "\"}}\n    strategy:\n      db: {kind: in_place}\npath: [prod]");
    friday.sample.texts[friday.manifest] += "strategy:\n  barrier: [shop-cloud, db]\n";
    EXPECT_THAT(
        friday.error(),
        AllOf(HasSubstr("releases/friday.yaml:28:13"),
              HasSubstr("the release waits for itself in a circle: db/db switches, then auth/auth-cloud "
                        "switches, then shop/shop-cloud prepares, then the barrier, then db/db switches"),
              HasSubstr("Put 'auth-cloud' into the barrier as well")));
}

TEST(Services, describe_tells_them_apart) {
    Friday friday;
    EXPECT_THAT(describe(friday.must()),
                AllOf(HasSubstr("friday-2026.48.0-7: friday 2026.48.0"), HasSubstr("  auth 3.0.0\n"),
                      HasSubstr("  shop/shop-cloud: blue_green, blue serves now")));
}

}  // namespace
}  // namespace signalbox::plan
