// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/action_words.hpp"

#include <fmt/format.h>

#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

using json::Json;

const Json& member(const Json& object, const char* key) {
    static const Json kNothing;
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() ? *found : kNothing;
}

std::string text(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (value.is_string()) return value.get<std::string>();
    return value.is_null() ? std::string() : value.dump();
}

// Words as they would be typed, quoted where a blank would hide.
std::string command(const Json& argv) {
    std::string out;
    if (!argv.is_array()) return out;
    for (const Json& word : argv) {
        const std::string plain = word.is_string() ? word.get<std::string>() : word.dump();
        const bool quote = plain.empty() || plain.find_first_of(" \t\n'\"\\$") != std::string::npos;
        out += (out.empty() ? "" : " ") + (quote ? word.dump() : plain);
    }
    return out;
}

std::string user_of(const Json& action) {
    const std::string user = text(action, "user");
    return user.empty() ? "" : " as " + user;
}

std::string then_run(const Json& action) {
    const std::string words = command(member(action, "argv"));
    return words.empty() ? "" : ", then run " + words + user_of(action);
}

std::string weights(const Json& map) {
    std::string out;
    if (!map.is_object()) return out;
    for (const auto& [server, weight] : map.items()) {
        out += fmt::format("{}{}={}", out.empty() ? "" : " ", server, weight.dump());
    }
    return out;
}

std::string health(const Json& action) {
    const Json& http = member(action, "http");
    std::string what = http.is_object()
                           ? fmt::format("expect {} from {}", text(http, "expect"), text(http, "url"))
                           : fmt::format("run {}", command(member(action, "argv")));
    if (const std::string contains = text(http, "contains"); !contains.empty()) {
        what += fmt::format(" containing '{}'", contains);
    }
    return fmt::format("{} within {}s", what, text(action, "within_s"));
}

}  // namespace

std::string describe_action(const Json& action) {
    const std::string kind = text(action, "kind");
    if (kind == "artifact.stage") {
        const Json& artifact = member(action, "artifact");
        const Json& size = member(artifact, "size");
        const std::uint64_t bytes = size.is_number_unsigned() ? size.get<std::uint64_t>() : 0;
        return fmt::format("stage {} {} sha256 {}", byte_size(bytes), text(artifact, "format"),
                           shortened(text(artifact, "sha256")));
    }
    if (kind == "release.activate") {
        return fmt::format("switch to {}{}", shortened(text(action, "artifact_sha256")), then_run(action));
    }
    if (kind == "release.revert")
        return fmt::format("switch back what {} switched{}", text(action, "of"), then_run(action));
    if (kind == "health.check") return health(action);
    if (kind == "traffic.shift") {
        return fmt::format("set weights {} of {} at {}", weights(member(action, "weights")),
                           text(action, "backend"), text(action, "socket"));
    }
    if (kind == "command.run")
        return fmt::format("run {}{}", command(member(action, "argv")), user_of(action));
    return action.dump();
}

}  // namespace signalbox::cli
