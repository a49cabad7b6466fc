// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/executor/actions/schema/action.hpp"
#include "agent/executor/actions/schema/names.hpp"
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
    for (const char* name :
         {"LD_PRELOAD", "PATH", "IFS", "BASH_ENV", "GCONV_PATH", "TMPDIR", "SIGNALBOX_STEP_ID", "a=b"})
        EXPECT_FALSE(is_env_name(name)) << name;
    EXPECT_FALSE(is_probe_url("file:///etc/passwd"));
    EXPECT_FALSE(is_probe_url("http://user@host/"));
    EXPECT_FALSE(is_probe_url("http://host/\r\nX: y"));
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

}  // namespace
}  // namespace signalbox::actions
