// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/executor/actions/schema/action.hpp"
#include "common/action/names.hpp"
#include "common/json/json.hpp"

namespace signalbox::actions {
namespace {

using ::testing::HasSubstr;

json::Json traffic() {
    return {{"kind", "traffic.shift"},
            {"service", "web"},
            {"deadline_s", 30},
            {"adapter", "haproxy"},
            {"socket", "/run/h.sock"},
            {"backend", "web"},
            {"weights", {{"blue", 0}, {"green", 100}}},
            {"expect", json::Json::object()},
            {"drain_s", 0}};
}
std::string problem(const json::Json& action) {
    const auto parsed = parse(json::canonical(action));
    return parsed ? "" : parsed.error().message();
}

TEST(ActionSchema, every_kind_of_the_contract_parses) {
    const json::Json base = {{"service", "web"}, {"deadline_s", 30}};
    const auto with = [&](json::Json members) {
        members.update(base);
        return problem(members);
    };
    const std::string digest(64, 'a');
    EXPECT_EQ(with({{"kind", "artifact.stage"},
                    {"artifact", {{"sha256", digest}, {"size", 1}, {"format", "tar.zst"}}}}),
              "");
    EXPECT_EQ(with({{"kind", "release.activate"},
                    {"artifact_sha256", digest},
                    {"argv", json::Json::array()},
                    {"user", ""}}),
              "");
    EXPECT_EQ(with({{"kind", "release.revert"},
                    {"of", "s"},
                    {"argv", {"systemctl", "restart", "web"}},
                    {"user", "web"}}),
              "");
    EXPECT_EQ(with({{"kind", "health.check"},
                    {"http", {{"url", "http://127.0.0.1:80/"}, {"expect", 200}, {"contains", ""}}},
                    {"within_s", 5},
                    {"interval_ms", 100},
                    {"successes", 2}}),
              "");
    EXPECT_EQ(with({{"kind", "health.check"},
                    {"argv", {"/bin/true"}},
                    {"within_s", 86'400},
                    {"interval_ms", 600'000},
                    {"successes", 100'000},
                    {"fail_fast", true}}),
              "");
    EXPECT_THAT(with({{"kind", "health.check"}, {"argv", {"/bin/true"}}, {"within_s", 5}, {"fail_fast", 1}}),
                HasSubstr("fail_fast"));
    EXPECT_THAT(
        with({{"kind", "health.check"}, {"argv", {"/bin/true"}}, {"within_s", 5}, {"successes", 100'001}}),
        HasSubstr("1..100000"));
    EXPECT_EQ(
        with({{"kind", "health.check"}, {"argv", {"/bin/true"}}, {"within_s", 5}, {"interval_ms", 100}}), "");
    EXPECT_EQ(
        with({{"kind", "command.run"}, {"argv", {"/bin/true"}}, {"user", ""}, {"env", {{"MODE", "x"}}}}), "");
    EXPECT_EQ(problem(traffic()), "");
}

TEST(ActionSchema, names_cannot_become_commands_paths_or_options) {
    auto hostile = traffic();
    hostile["backend"] = "web; shutdown sessions";
    EXPECT_THAT(problem(hostile), HasSubstr("backend"));
    hostile = traffic();
    hostile["weights"] = {{"blue\nset server x", 1}};
    EXPECT_THAT(problem(hostile), HasSubstr("server's name"));
    hostile = traffic();
    hostile["service"] = "../etc";
    EXPECT_THAT(problem(hostile), HasSubstr("service"));
    hostile["service"] = "..";
    EXPECT_THAT(problem(hostile), HasSubstr("service"));
    EXPECT_FALSE(check_argv({"-oProxyCommand=x"}).ok());
    EXPECT_FALSE(check_argv({"bin/relative"}).ok());
    EXPECT_FALSE(check_argv({"/bin/echo", std::string("a\0b", 3)}).ok());
    EXPECT_FALSE(check_argv({"/bin/echo", std::string(1 << 20, 'a')}).ok());
    for (const char* name : {"LD_PRELOAD", "PATH", "IFS", "BASH_ENV", "GCONV_PATH", "TMPDIR",
                             "SIGNALBOX_STEP_ID", "a=b", "ld_preload"})
        EXPECT_FALSE(is_env_name(name)) << name;
    for (const char* name : {"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "_A1"})
        EXPECT_TRUE(is_env_name(name)) << name;
    EXPECT_FALSE(is_probe_url("file:///etc/passwd"));
    EXPECT_FALSE(is_probe_url("http://user@host/"));
    EXPECT_FALSE(is_probe_url("http://host/\r\nX: y"));
}

json::Json nginx() {
    auto action = traffic();
    action.erase("socket");
    action.erase("backend");
    action["adapter"] = "nginx";
    action["file"] = "/etc/nginx/conf.d/web-upstream.conf";
    action["upstream"] = "web";
    action["addresses"] = {{"blue", "127.0.0.1:8081"}, {"green", "[::1]:8082"}, {"red", "web-3.internal:80"}};
    action["test"] = {"nginx", "-t"};
    action["reload"] = {"nginx", "-s", "reload"};
    return action;
}

TEST(ActionSchema, nginx_gets_nothing_that_could_end_a_statement) {
    const auto parsed = parse(json::canonical(nginx()));
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    const auto& shift = std::get<TrafficShift>(parsed->body);
    EXPECT_EQ(std::get<NginxTraffic>(shift.adapter).addresses.at("green"), "[::1]:8082");
    const auto with = [](const char* member, const json::Json& value) {
        auto action = nginx();
        action[member] = value;
        return problem(action);
    };
    for (const char* name :
         {"web;", "web{", "web}", "we b", "web\n", "\"web\"", "'web'", "$web", "#", "-web", ""})
        EXPECT_THAT(with("upstream", name), HasSubstr("upstream")) << name;
    for (const char* name : {"blue;", "bl ue", "blue\n}", "blue\"", "-blue", "", "bl:ue", "blue#"}) {
        EXPECT_THAT(with("weights", {{name, 1}}), HasSubstr("server's name")) << name;
        EXPECT_THAT(with("addresses", {{"blue", "a:1"}, {"green", "b:2"}, {name, "c:3"}}),
                    HasSubstr("server's name"))
            << name;
    }
    for (const char* address : {"127.0.0.1",
                                "127.0.0.1:",
                                ":80",
                                "127.0.0.1:0",
                                "127.0.0.1:080",
                                "127.0.0.1:65536",
                                "a b:80",
                                "a;:80",
                                "a:80;",
                                "a:80 down",
                                "a:80\n",
                                "a:8 0",
                                "unix:/run/x",
                                "[::1:80",
                                "[]:80",
                                "[::1]x:80",
                                "[a;:b]:80",
                                "-a:80",
                                "\"a\":80",
                                "a:{80}",
                                "::1:80",
                                "$host:80",
                                "127.0.0.1:99999999999"})
        EXPECT_THAT(with("addresses", {{"blue", address}, {"green", "127.0.0.1:1"}}), HasSubstr("host:port"))
            << address;
    EXPECT_THAT(with("addresses", {{"blue", "127.0.0.1:1"}}),
                HasSubstr("'green' has a weight but no address"));
    for (const char* file : {"relative.conf", "", "/etc/nginx/", "/etc/..", "/etc/a b", "/etc/a\nb"})
        EXPECT_THAT(with("file", file), HasSubstr("file")) << file;
    EXPECT_THAT(with("test", json::Json::array()), HasSubstr("test"));
    EXPECT_THAT(with("reload", {"-s", "reload"}), HasSubstr("reload"));
    EXPECT_THAT(with("socket", "/run/h.sock"), HasSubstr("socket")) << "another adapter's member";
}

TEST(ActionSchema, a_traffic_command_gets_words_that_are_no_options) {
    json::Json action = traffic();
    action.erase("socket");
    action.erase("backend");
    action["adapter"] = "command";
    action["argv"] = {"/usr/local/sbin/shift", "--pool=web"};
    EXPECT_EQ(problem(action), "") << "without show";
    action["expect"] = {{"blue", 100}};
    EXPECT_THAT(problem(action), HasSubstr("cannot be checked, because show is empty"));
    action["show"] = {"/usr/local/sbin/shift", "--show"};
    EXPECT_EQ(problem(action), "");
    action["weights"] = {{"--blue", 1}};
    EXPECT_THAT(problem(action), HasSubstr("server's name"));
    action["weights"] = {{"blue", 1}};
    action["argv"] = json::Json::array();
    EXPECT_THAT(problem(action), HasSubstr("argv"));
    action["adapter"] = "varnish";
    EXPECT_THAT(problem(action), HasSubstr("unknown adapter 'varnish'"));
}

TEST(ActionSchema, unknown_members_kinds_and_ranges_are_refused) {
    auto extra = traffic();
    extra["shell"] = "sh";
    EXPECT_THAT(problem(extra), HasSubstr("shell"));
    auto weight = traffic();
    weight["weights"] = {{"blue", 257}};
    EXPECT_THAT(problem(weight), HasSubstr("0..256"));
    auto endless = traffic();
    endless["deadline_s"] = 0;
    EXPECT_THAT(problem(endless), HasSubstr("deadline_s"));
    EXPECT_EQ(parse(R"({"kind":"shell","service":"web","deadline_s":1})").error().code(),
              Code::failed_precondition);
}

TEST(ActionSchema, limits_of_a_command_are_within_their_caps) {
    json::Json action = {
        {"kind", "command.run"}, {"service", "web"}, {"deadline_s", 30}, {"argv", {"/bin/true"}}};
    action["limits"] = {
        {"cpu_s", 10}, {"file_mib", 1}, {"memory_mib", 512}, {"open_files", 64}, {"processes", 20}};
    const auto parsed = parse(json::canonical(action));
    ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
    const CommandLimits& limits = std::get<CommandRun>(parsed->body).command.limits;
    EXPECT_EQ(limits.cpu_s, 10);
    EXPECT_EQ(limits.memory_mib, 512);
    EXPECT_EQ(limits.processes, 20);
    for (const LimitRule& rule : kLimitRules) {
        for (const std::int64_t beyond : {rule.least - 1, rule.most + 1}) {
            action["limits"] = {{std::string(rule.name), beyond}};
            EXPECT_THAT(problem(action), HasSubstr(rule.name)) << beyond;
        }
    }
    action["limits"] = {{"core", 1}};
    EXPECT_THAT(problem(action), HasSubstr("core"));
}

}  // namespace
}  // namespace signalbox::actions
