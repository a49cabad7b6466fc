// SPDX-License-Identifier: Apache-2.0
// What is wrong in an estate is found, all of it, each at its line and column and with what to write instead.
#include <gmock/gmock.h>

#include "controller/estate/document.hpp"
#include "tests/support/estate/sample_estate.hpp"

namespace signalbox::estate {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kProd = "environments/production.yaml";
constexpr auto kShop = "services/shop.yaml";
constexpr auto kRel = "releases/shop-1.1.0.yaml";

std::vector<std::string> texts(const Problems& problems) {
    std::vector<std::string> out;
    for (const auto& problem : problems) out.push_back(to_string(problem));
    return out;
}

TEST(EstateCheck, a_good_estate_has_no_problem) {
    const auto loaded = support::SampleEstate().load();
    EXPECT_THAT(texts(loaded.problems), IsEmpty());
    EXPECT_EQ(loaded.estate.environments.size(), 2U);
    const auto& release = loaded.estate.releases.at(kRel);
    EXPECT_EQ(release.services.at(0).strategy.at("cloud").traffic.value, "front");
    EXPECT_EQ(release.path.at(1).value, "production");
    const auto& shop = loaded.estate.services.at("shop");
    EXPECT_EQ(shop.activate.argv.at(1).value, "${host.port}");
    EXPECT_EQ(shop.health->within, Seconds(10));
    EXPECT_EQ(loaded.estate.environments.at("production").traffic.at("front").drain, Seconds(2));
}

TEST(EstateCheck, variables_that_hosts_take_are_taken) {
    support::SampleEstate sample;
    sample.edit(kShop, "criticality: high",
                "criticality: high\ncommands: {warm: {when: after, argv: [warm], "
                "env: {http_proxy: p, https_proxy: p, no_proxy: p, SHOP_MODE_2: m}}}");
    EXPECT_THAT(texts(sample.load().problems), IsEmpty());
}

TEST(EstateCheck, a_file_that_cannot_be_read_comes_first_and_what_follows_from_it_is_counted) {
    support::SampleEstate sample;
    sample.edit(kShop, "name: shop", "name: \"shop");
    sample.edit(kProd, "tier: production", "teir: production");
    const auto problems = texts(sample.load().problems);
    ASSERT_GE(problems.size(), 2U);
    EXPECT_THAT(problems.at(0), testing::StartsWith("services/shop.yaml:"));
    EXPECT_THAT(problems.at(0), HasSubstr("1 problem about names that are in no file is left out"));
    EXPECT_THAT(problems, testing::Not(Contains(HasSubstr("service 'shop' is not in the estate"))));
    EXPECT_THAT(problems, Contains(HasSubstr("'teir' is not known"))) << "what is wrong by itself is said";
}

TEST(EstateCheck, columns_count_characters) {
    Problems problems;
    const std::string umlauts = "{'\u00e4\u00f6\u00fc': 1, b: &x 2}";
    for (const std::string& text : {umlauts, "a:\n  " + umlauts, "\xef\xbb\xbf" + umlauts}) {
        EXPECT_FALSE(parse_document("f", text, problems));
    }
    EXPECT_THAT(texts(problems),
                testing::ElementsAre(HasSubstr("f:1:15: an anchor"), HasSubstr("f:2:17: an anchor"),
                                     HasSubstr("f:1:15: an anchor")));
}

struct Slip {
    const char* name;
    const char* file;
    const char* from;
    const char* to;
    const char* expect;  // part of the printed problem
};

class EstateSlip : public ::testing::TestWithParam<Slip> {};

TEST_P(EstateSlip, is_found_at_its_place) {
    const Slip& slip = GetParam();
    support::SampleEstate sample;
    sample.edit(slip.file, slip.from, slip.to);
    EXPECT_THAT(texts(sample.load().problems), Contains(HasSubstr(slip.expect)));
}

INSTANTIATE_TEST_SUITE_P(
    All, EstateSlip,
    ::testing::Values(
        Slip{"unknown_key", kShop, "owner:", "ownr:",
             "services/shop.yaml:3:1: 'ownr' is not known in the service. Did you mean 'owner'?"},
        Slip{"missing_key", kShop, "owner: team-shop\n", "",
             "services/shop.yaml:1:1: the service has no 'owner'"},
        Slip{"duplicate_key", kShop,
             "owner:", "name: x\nowner:", "services/shop.yaml:3:1: 'name' is there twice (first in line 2)"},
        Slip{"empty_value", kShop, "owner: team-shop", "owner:", "'owner' of the service has no value"},
        Slip{"wrong_kind", kShop, "kind: Service", "kind: Servce", "Did you mean 'Service'?"},
        Slip{"wrong_tier", kProd, "tier: production", "tier: prod",
             "'tier' of the environment is 'prod', which is not known. Write one of"},
        Slip{"bad_name", kProd, "name: production", "name: Production!",
             "environments/production.yaml:2:7: 'Production!' is not a name"},
        Slip{"promotes_from_itself", kProd, "promotes_from: staging", "promotes_from: production",
             "environments promote from each other in a circle: production -> production"},
        Slip{"promotes_from_nobody", kProd, "promotes_from: staging", "promotes_from: stagin",
             "4:16: environment 'stagin' is not in the estate. Did you mean 'staging'?"},
        Slip{"zero_in_flight", kProd, "max_in_flight: 10", "max_in_flight: 0",
             "'max_in_flight' of throttle is '0'. Write a whole number from 1"},
        Slip{"negative_in_flight", kProd, "max_in_flight: 10", "max_in_flight: -3", "is '-3'"},
        Slip{"negative_approval", kProd, "security: 1", "security: -1", "'security' of approvals is '-1'"},
        Slip{"unknown_throttle", kProd, "{max_in_flight: 10}", "{max_in_flight: 10, burst: 2}",
             "'burst' is not known in throttle"},
        Slip{"group_without_site", kProd, "{site: cloud, select", "{select",
             "host group 'cloud' has no 'site'"},
        Slip{"traffic_kind", kProd, "kind: haproxy", "kind: haproxi",
             "'kind' of traffic 'front' is 'haproxi', which is not known. Did you mean 'haproxy'?"},
        Slip{"relative_socket", kProd, "/run/haproxy/admin.sock", "admin.sock",
             "'admin.sock' is not the path of a socket"},
        Slip{"no_green_server", kProd, ", green: web-green}", "}",
             "has no server for green, and 'cloud' is released blue_green"},
        Slip{"shared_server", kProd, "green: web-green", "green: web-blue",
             "server 'web-blue' belongs to 'blue' and to 'green'"},
        Slip{"no_live", kProd, "    live: blue\n", "", "does not say which colour is live"},
        Slip{"odd_live", kProd, "live: blue", "live: red", "'live' is 'red'. Write blue or green"},
        Slip{"long_drain", kProd, "drain: 2s", "drain: 2d", "'drain' of traffic 'front' is 2d, out of range"},
        Slip{"depends_on_unknown", kShop, "criticality: high", "criticality: high\ndepends_on: [ledger]",
             "services/shop.yaml:7:14: service 'shop' depends on 'ledger', which is not in the estate"},
        Slip{"depends_on_itself", kShop, "criticality: high", "criticality: high\ndepends_on: [shop]",
             "services depend on each other in a circle: shop -> shop"},
        Slip{"no_health", kShop,
             "health: {http: \"http://127.0.0.1:${host.port}/healthz\", expect: 200, contains: \"shop "
             "${release.version}\", within: 10s}\n",
             "", "the service has no 'health'"},
        Slip{"health_scheme", kShop, "http://127", "ftp://127", "is not an HTTP URL"},
        Slip{"health_password", kShop, "http://127.0.0.1", "http://me:pw@127.0.0.1",
             "holds a user name or password"},
        Slip{"health_port", kShop, ":${host.port}/healthz", ":99999/healthz",
             "has no port between 1 and 65535"},
        Slip{"health_status", kShop, "expect: 200", "expect: 2000", "Write a whole number from 100 to 599"},
        Slip{"health_duration", kShop, "within: 10s", "within: 10",
             "'within' of health is '10', which is not a duration"},
        Slip{"template_unclosed", kShop, "${host.port}\"]", "${host.port\"]", "has no closing '}'"},
        Slip{"template_unknown", kShop, "${host.port}\"]", "${hots.port}\"]",
             "nothing is known by the name '${hots.port}'"},
        Slip{"shell_line", kShop, "[restart-shop, \"${host.port}\"]", "restart-shop now",
             "There is no shell: write each word apart"},
        Slip{"relative_program", kShop, "restart-shop", "bin/restart", "'bin/restart' is a relative path"},
        Slip{"env_name_that_hosts_refuse", kShop, "criticality: high",
             "criticality: high\ncommands: {warm: {when: after, argv: [warm], env: {bash_env: x}}}",
             "command 'warm' sets the variable 'bash_env', which hosts refuse"},
        Slip{"env_that_changes_what_is_loaded", kShop, "criticality: high",
             "criticality: high\ncommands: {warm: {when: after, argv: [warm], env: {GCONV_PATH: /tmp}}}",
             "sets the variable 'GCONV_PATH', which hosts refuse"},
        Slip{"user_that_hosts_refuse", kShop, "criticality: high",
             "criticality: high\ncommands: {warm: {when: after, argv: [warm], user: 0}}",
             "'0' is not the name of a user"},
        Slip{"layout", kShop, "releases/<digest> + current", "flat", "the layout 'flat' is not known"},
        Slip{"unknown_service", kRel, "service: shop", "service: shopp",
             "releases/shop-1.1.0.yaml:2:10: service 'shopp' is not in the estate. Did you mean 'shop'?"},
        Slip{"semver", kRel, "1.1.0", "1.1", "'1.1' is not a semantic version"},
        Slip{"semver_zero", kRel, "1.1.0", "01.1.0", "is not a semantic version"},
        Slip{"commit", kRel, "5f3c0a1b", "HEAD", "'HEAD' is not a commit"},
        Slip{"https_without_digest", kRel,
             "url: \"blob:sha256:1111111111111111111111111111111111111111111111111111111111111111\"",
             "url: \"https://a.example/x.tar\"",
             "releases/shop-1.1.0.yaml:6:24: an https artifact has no digest. Add 'sha256:"},
        Slip{"plain_http", kRel, "blob:sha256:", "http://a.example/", "is no place that artifacts come from"},
        Slip{"short_digest", kRel, "1111\"", "\"", "does not end in a SHA-256 digest"},
        Slip{"unknown_environment", kRel, "[staging, production]", "[staging, produktion]",
             "releases/shop-1.1.0.yaml:7:17: environment 'produktion' is not in the estate. Did you mean "
             "'production'?"},
        Slip{"environment_twice", kRel, "[staging, production]", "[staging, staging, production]",
             "'staging' is in 'path' twice"},
        Slip{"path_order", kRel, "[staging, production]", "[production, staging]",
             "'production' promotes from 'staging', which comes later"},
        Slip{"path_skips", kRel, "[staging, production]", "[production]",
             "warning: releases/shop-1.1.0.yaml:7:8: 'production' promotes from 'staging', which is not in "
             "the path"},
        Slip{"empty_path", kRel, "[staging, production]", "[]", "the path leads nowhere"},
        Slip{"unknown_group", kRel, "  test:", "  tset:",
             "no environment of the path has a host group 'tset'. Did you mean 'test'?"},
        Slip{"stage_untouched", kRel, "  test: {kind: in_place}\n", "",
             "releases/shop-1.1.0.yaml:2:10: service 'shop' has no host in 'staging'"},
        Slip{"unknown_strategy", kRel, "{kind: in_place}", "{kind: roling}",
             "'kind' of the strategy of 'test' is 'roling', which is not known. Did you mean 'rolling'?"},
        Slip{"zero_batch", kRel, "batch: 1", "batch: 0", "'batch' of the strategy of 'dc1' is '0'"},
        Slip{"attempts", kRel, "batch: 1", "max_attempts: 11", "Write a whole number from 1 to 10"},
        Slip{"unknown_traffic", kRel, "traffic: front", "traffic: frond",
             "has no traffic 'frond'. Did you mean 'front'?"},
        Slip{"blue_green_without_traffic", kRel, ", traffic: front", "",
             "blue_green of 'cloud' names no traffic"},
        Slip{
            "blue_green_batch", kRel, "traffic: front", "traffic: front, batch: 2",
            "blue_green has no 'batch', which 'cloud' gives it. Remove it, or use kind: in_place or rolling"},
        Slip{"empty_barrier", kRel, "[cloud, dc1]", "[]", "the barrier holds nobody together"},
        Slip{"barrier_unknown", kRel, "[cloud, dc1]", "[cloud, dc2]",
             "the barrier names 'dc2', which has no strategy. Did you mean 'dc1'?"},
        Slip{"barrier_twice", kRel, "[cloud, dc1]", "[cloud, cloud]", "'cloud' is in 'barrier' twice"},
        Slip{"deadline", kRel, "strategy:", "deadline: soon\nstrategy:",
             "'deadline' of the release is 'soon', which is not a duration"},
        Slip{"anchor", kShop, "owner: team-shop", "owner: &o team-shop",
             "services/shop.yaml:3:8: an anchor (&name) stands here"},
        Slip{"tag", kShop, "owner: team-shop", "owner: !!binary aGk=", "a tag ("},
        Slip{"second_document", kShop, "kind: Service", "a: 1\n---\nkind: Service",
             "a second document starts here"},
        Slip{"not_yaml", kShop, "owner: team-shop", "owner: [", "not valid YAML"},
        Slip{"git_needs_tar", kShop, "format: tar,", "format: tgz,", "is 'tgz', which is not known"}),
    [](const auto& slip) { return std::string(slip.param.name); });

TEST(EstateCheck, every_problem_is_listed_in_the_order_of_the_files) {
    support::SampleEstate sample;
    sample.edit(kProd, "max_in_flight: 10", "max_in_flight: 0");
    sample.edit(kShop, "owner:", "ownr:");
    sample.edit(kRel, "1.1.0", "one");
    const auto problems = sample.load().problems;
    ASSERT_EQ(problems.size(), 4U);
    EXPECT_EQ(problems[0].at.file, kProd);
    EXPECT_EQ(problems[1].at.file, kRel);
    EXPECT_EQ(problems[2].at.file, kShop);
    EXPECT_THAT(to_error(problems).message(), HasSubstr("(and 3 more problems)"));
}

TEST(EstateCheck, a_circle_of_services_is_named_once) {
    support::SampleEstate sample;
    for (const auto& [name, needs] : {std::pair{"auth", "db"}, {"db", "shop"}, {"web", "shop"}}) {
        std::string text = support::kService;
        text.replace(text.find("name: shop"), 10,
                     std::string("name: ") + name + "\ndepends_on: [" + needs + "]");
        sample.texts[std::string("services/") + name + ".yaml"] = text;
    }
    sample.edit(kShop, "criticality: high", "criticality: high\ndepends_on: [auth]");
    const auto problems = sample.load().problems;
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_THAT(problems[0].message, HasSubstr("auth -> db -> shop -> auth"));
    EXPECT_EQ(problems[0].at.file, "services/auth.yaml");
}

TEST(EstateCheck, two_files_of_one_name_and_a_yml_file_are_problems) {
    support::SampleEstate sample;
    sample.texts["services/shop2.yaml"] = support::kService;
    sample.texts["services/old.yml"] = "x";
    const auto found = texts(sample.load().problems);
    EXPECT_THAT(found, Contains(HasSubstr("service 'shop' is in services/shop.yaml already")));
    EXPECT_THAT(found, Contains(HasSubstr("Rename it to .yaml")));
    EXPECT_THAT(texts(load({}).problems), Contains(HasSubstr("the estate is empty")));
}

TEST(EstateDocument, bombs_are_refused_quickly) {
    Problems problems;
    std::string aliases = "a: &a [x,x,x]\nb: [*a,*a,*a]\n";
    EXPECT_FALSE(parse_document("f", aliases, problems));
    EXPECT_FALSE(parse_document("f", std::string(kMaxFileBytes + 1, ' '), problems));
    EXPECT_FALSE(parse_document("f", "a: " + std::string(20, '[') + std::string(20, ']'), problems));
    EXPECT_FALSE(parse_document("f", std::string("a: \0b", 5), problems));
    std::string wide = "[";
    for (std::size_t i = 0; i <= kMaxNodes; ++i) wide += "1,";
    EXPECT_FALSE(parse_document("f", wide + "1]", problems));
    EXPECT_FALSE(parse_document("f", std::string(100'000, '['), problems));
    EXPECT_FALSE(parse_document("f", "? [a, b]\n: c\n", problems));
    EXPECT_EQ(problems.size(), 7U);
    EXPECT_THAT(problems[0].message, HasSubstr("anchor"));
    EXPECT_THAT(problems[2].message, HasSubstr("nested deeper"));
}

}  // namespace
}  // namespace signalbox::estate
