// SPDX-License-Identifier: Apache-2.0
// Whatever an action says, whoever signs it reads: no two actions have the same words.
#include "controller/cli/action_words.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

namespace signalbox::cli {
namespace {

using json::Json;
using testing::HasSubstr;

constexpr const char* kDigest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

// One of each kind and adapter, with every member that the executor knows.
std::vector<Json> every_kind() {
    std::vector<Json> all = {
        {{"kind", "artifact.stage"},
         {"artifact", {{"sha256", kDigest}, {"size", 12582912}, {"format", "tar"}}}},
        {{"kind", "release.activate"},
         {"artifact_sha256", kDigest},
         {"argv", {"a", "b c"}},
         {"user", "shop"}},
        {{"kind", "release.activate"}, {"artifact_sha256", kDigest}, {"argv", Json::array()}, {"user", ""}},
        {{"kind", "release.revert"}, {"of", "production/web-1/activate"}, {"argv", {"a"}}, {"user", ""}},
        {{"kind", "health.check"},
         {"http", {{"url", "http://x/?a=b"}, {"expect", 200}, {"contains", "ok"}}},
         {"within_s", 30},
         {"interval_ms", 500},
         {"successes", 2},
         {"fail_fast", false}},
        {{"kind", "health.check"},
         {"argv", {"check", "it"}},
         {"user", "shop"},
         {"within_s", 30},
         {"interval_ms", 500},
         {"successes", 2},
         {"fail_fast", true}},
        {{"kind", "command.run"},
         {"argv", {"a", "b"}},
         {"user", "shop"},
         {"env", {{"A", "1"}, {"B", "x y"}}},
         {"limits", {{"cpu_s", 10}, {"processes", 50}}},
         {"secrets",
          {{"DB", {{"name", "shop-db"}, {"version", 3}, {"commitment", std::string(64, 'a')}}},
           {"KEY", {{"name", "shop-key"}, {"version", 1}, {"commitment", std::string(64, 'b')}}}}}},
    };
    const Json shift = {{"kind", "traffic.shift"},
                        {"weights", {{"blue", 0}, {"green", 256}}},
                        {"expect", {{"blue", 256}, {"green", 0}}},
                        {"drain_s", 5}};
    Json haproxy = shift, nginx = shift, command = shift;
    haproxy.update({{"adapter", "haproxy"}, {"socket", "/run/s"}, {"backend", "shop"}});
    nginx.update({{"adapter", "nginx"},
                  {"file", "/etc/nginx/shop.conf"},
                  {"upstream", "shop"},
                  {"addresses", {{"blue", "127.0.0.1:8081"}, {"green", "127.0.0.1:8082"}}},
                  {"test", {"nginx", "-t"}},
                  {"reload", {"nginx", "-s", "reload"}}});
    command.update({{"adapter", "command"}, {"argv", {"lb", "set"}}, {"show", {"lb", "show"}}});
    all.insert(all.end(), {haproxy, nginx, command});
    for (Json& action : all) action.update({{"service", "shop"}, {"deadline_s", 60}});
    return all;
}

std::vector<Json> other_values(const Json& value) {
    if (value.is_string()) {
        const auto text = value.get<std::string>();
        std::vector<Json> out = {text + "x",      "x" + text,  text + " ",  text + "; as user root",
                                 text + "\u200b", text + "\n", text + "\"", 7};
        if (!text.empty()) out.insert(out.end(), {"", text.substr(1), text + " " + text});
        // The whole of a digest is shown, to its last digit.
        if (text.size() == 64) out.push_back(text.substr(0, 63) + "0");
        return out;
    }
    if (value.is_number())
        return {value.get<int>() + 1, value.get<int>() - 1, std::to_string(value.get<int>()), true};
    if (value.is_boolean()) return {!value.get<bool>(), 1, "true"};
    return {};
}

// The action with one thing in it changed, added or taken away, in each way, wherever it stands.
void vary(const Json& root, const Json::json_pointer& at, std::vector<Json>& out) {
    const Json& value = root.at(at);
    const auto with = [&](const Json& other) {
        Json changed = root;
        changed.at(at) = other;
        out.push_back(std::move(changed));
    };
    for (const Json& other : other_values(value)) with(other);
    if (value.is_array()) {
        for (const char* word : {"x", "", "as", "-v"}) {
            Json more = value;
            more.push_back(word);
            with(more);
        }
        if (!value.empty()) {
            Json less = value;
            less.erase(less.size() - 1);
            with(less);
            Json turned = value;
            std::reverse(turned.begin(), turned.end());
            with(turned);
            with(value.dump());
        }
        for (std::size_t i = 0; i < value.size(); ++i) vary(root, at / i, out);
    }
    if (value.is_object()) {
        Json more = value;
        more["added"] = "1";
        with(more);
        more["added"] = 1;
        with(more);
        for (const auto& [key, member] : value.items()) {
            Json less = value;
            less.erase(key);
            with(less);
            less[key + "x"] = member;
            with(less);
            vary(root, at / key, out);
        }
    }
}

// Without the members that say what their absence says, too.
Json meaning(Json action) {
    const auto strip = [](Json& object) {
        for (auto member = object.begin(); member != object.end();) {
            const bool nothing =
                *member == Json(false) || *member == Json("") || (member->is_structured() && member->empty());
            member = nothing ? object.erase(member) : std::next(member);
        }
    };
    strip(action);
    if (action.value("successes", 0) == 1) action.erase("successes");
    if (!action.contains("http") || !action["http"].is_object()) return action;
    strip(action["http"]);
    if (action["http"].value("expect", 0) == 200) action["http"].erase("expect");
    return action;
}

TEST(ActionWords, AreOthersWhateverIsChanged) {
    std::size_t variants = 0;
    for (const Json& action : every_kind()) {
        const auto words = describe_action(action, Digests::whole);
        ASSERT_TRUE(words) << action << ": " << words.error().to_string();
        std::map<std::string, Json> seen = {{*words, action}};
        std::vector<Json> all;
        vary(action, Json::json_pointer(), all);
        for (const Json& changed : all) {
            const auto now = describe_action(changed, Digests::whole);
            ++variants;
            if (!now) continue;
            const auto [at, fresh] = seen.emplace(*now, changed);
            EXPECT_TRUE(fresh || meaning(at->second) == meaning(changed))
                << changed << " and " << at->second << " have the same words: " << *now;
        }
    }
    EXPECT_GT(variants, 1000U);
}

TEST(ActionWords, OfAMemberOrKindThatIsNotKnownAreRefused) {
    for (Json action : every_kind()) {
        action["preload"] = "/tmp/x.so";
        const auto words = describe_action(action, Digests::whole);
        ASSERT_FALSE(words) << action;
        EXPECT_EQ(words.error().code(), Code::refused);
        EXPECT_THAT(words.error().message(), HasSubstr("preload"));
    }
    for (const char* kind : {"schema.migrate", "", "command.run "}) {
        EXPECT_FALSE(
            describe_action({{"kind", kind}, {"service", "shop"}, {"deadline_s", 60}}, Digests::whole));
    }
}

TEST(ActionWords, ShowWhatACommandRunsWithAndAsWhom) {
    EXPECT_EQ(*describe_action({{"kind", "command.run"},
                                {"argv", {"/usr/bin/b\u0430sh", "-c", "x; y"}},
                                {"user", "root"},
                                {"env", {{"PYTHONPATH", "/tmp"}, {"N", "1"}}},
                                {"service", "shop"},
                                {"deadline_s", 60}},
                               Digests::whole),
              "run \"/usr/bin/b\\u0430sh\" -c \"x; y\"; as user root; "
              "with the variables N=\"1\" PYTHONPATH=/tmp; for shop in at most 60s");
}

}  // namespace
}  // namespace signalbox::cli
