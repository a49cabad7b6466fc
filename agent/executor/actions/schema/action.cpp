// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/schema/action.hpp"

#include <fmt/format.h>

#include "agent/executor/actions/schema/members.hpp"
#include "common/action/names.hpp"
#include "common/json/json.hpp"
#include "common/secret/references.hpp"

namespace signalbox::actions {
namespace {

using json::Json;
using json::ObjectReader;

constexpr std::int64_t kMaxArtifactBytes = std::int64_t{16} << 30;
constexpr std::int64_t kMaxSuccesses = 100'000;

Result<crypto::Digest> digest(ObjectReader& r, std::string_view key) {
    SB_TRY(const std::string hex, r.string(key));
    return crypto::parse_digest(hex).with_context(r.path_of(key));
}

Result<CommandLimits> read_limits(ObjectReader& action) {
    CommandLimits out;
    if (action.optional("limits") == nullptr) return out;
    SB_TRY(auto r, action.object("limits"));
    for (const LimitRule& rule : kLimitRules) {
        if (r.optional(rule.name) == nullptr) continue;
        SB_TRY(out.*rule.member, ranged(r, rule.name, rule.least, rule.most));
    }
    SB_CHECK(r.finish());
    return out;
}

// The members argv, user, limits and secrets of the action itself.
Result<Command> read_command(ObjectReader& r, EmptyArgv empty) {
    Command command;
    SB_TRY(command.argv, read_argv(r, "argv", empty));
    SB_TRY(command.user, string_or_empty(r, "user"));
    if (!command.user.empty() && !is_user_name(command.user)) return bad_member(r, "user", "not a user name");
    SB_TRY(command.limits, read_limits(r));
    SB_TRY(command.secrets, secret::read_references(r));
    return command;
}

Result<std::map<std::string, std::string>> read_env(ObjectReader& r) {
    std::map<std::string, std::string> env;
    const Json* value = r.optional("env");
    if (value == nullptr) return env;
    if (!value->is_object() || value->size() > kMaxEnv)
        return bad_member(r, "env", fmt::format("not an object of at most {} variables", kMaxEnv));
    for (const auto& [name, text] : value->items()) {
        if (!is_env_name(name))
            return bad_member(r, "env", fmt::format("the variable '{:.64}' may not be set", name));
        if (!text.is_string() || text.get_ref<const std::string&>().find('\0') != std::string::npos)
            return bad_member(r, "env", fmt::format("the value of '{}' is not a plain text", name));
        env.emplace(name, text.get<std::string>());
    }
    return env;
}

Result<ArtifactStage> read_stage(ObjectReader& r) {
    SB_TRY(auto artifact, r.object("artifact"));
    ArtifactStage out;
    SB_TRY(out.sha256, digest(artifact, "sha256"));
    SB_TRY(out.size, ranged(artifact, "size", 1, kMaxArtifactBytes));
    SB_TRY(const std::string format, artifact.string("format"));
    if (format == "tar")
        out.format = ArchiveFormat::tar;
    else if (format == "tar.gz")
        out.format = ArchiveFormat::tar_gz;
    else if (format == "tar.zst")
        out.format = ArchiveFormat::tar_zst;
    else
        return bad_member(artifact, "format", fmt::format("unknown format '{:.20}'", format));
    SB_CHECK(artifact.finish());
    return out;
}

Result<ReleaseActivate> read_activate(ObjectReader& r) {
    ReleaseActivate out;
    SB_TRY(out.artifact_sha256, digest(r, "artifact_sha256"));
    SB_TRY(out.command, read_command(r, EmptyArgv::allowed));
    return out;
}

Result<ReleaseRevert> read_revert(ObjectReader& r) {
    ReleaseRevert out;
    SB_TRY(std::string of, r.string("of"));
    if (of.empty()) return bad_member(r, "of", "empty");
    out.of = StepId(std::move(of));
    SB_TRY(out.command, read_command(r, EmptyArgv::allowed));
    return out;
}

Result<HttpProbe> read_http(ObjectReader& r) {
    SB_TRY(auto http, r.object("http"));
    HttpProbe out;
    SB_TRY(out.url, http.string("url"));
    if (!is_probe_url(out.url)) return bad_member(http, "url", "not a plain http or https address");
    SB_TRY(out.expect, ranged_or(http, "expect", 100, 599, 200));
    SB_TRY(out.contains, string_or_empty(http, "contains"));
    SB_CHECK(http.finish());
    return out;
}

Result<HealthCheck> read_health(ObjectReader& r) {
    HealthCheck out;
    const bool has_http = r.optional("http") != nullptr;
    const bool has_argv = r.optional("argv") != nullptr;
    if (has_http == has_argv) return bad_member(r, "http", "exactly one of http and argv must be there");
    if (has_http) {
        SB_TRY(out.http, read_http(r));
    } else {
        SB_TRY(out.command, read_command(r, EmptyArgv::refused));
    }
    SB_TRY(const std::int64_t within, ranged(r, "within_s", 1, kMaxSeconds));
    out.within = std::chrono::seconds(within);
    SB_TRY(const std::int64_t interval, ranged_or(r, "interval_ms", 10, 600'000, 1000));
    out.interval = std::chrono::milliseconds(interval);
    SB_TRY(out.successes, ranged_or(r, "successes", 1, kMaxSuccesses, 1));
    if (r.optional("fail_fast") != nullptr) {
        SB_TRY(out.fail_fast, r.boolean("fail_fast"));
    }
    return out;
}

Result<CommandRun> read_run(ObjectReader& r) {
    CommandRun out;
    SB_TRY(out.command, read_command(r, EmptyArgv::refused));
    SB_TRY(out.command.env, read_env(r));
    return out;
}

Status read_body(ObjectReader& r, Action& action) {
    if (action.kind == "artifact.stage") {
        SB_TRY(action.body, read_stage(r));
    } else if (action.kind == "release.activate") {
        SB_TRY(action.body, read_activate(r));
    } else if (action.kind == "release.revert") {
        SB_TRY(action.body, read_revert(r));
    } else if (action.kind == "health.check") {
        SB_TRY(action.body, read_health(r));
    } else if (action.kind == "traffic.shift") {
        SB_TRY(action.body, read_traffic(r));
    } else if (action.kind == "command.run") {
        SB_TRY(action.body, read_run(r));
    } else {
        return Error(Code::failed_precondition, fmt::format("unknown kind of action '{:.60}'", action.kind),
                     "Upgrade signalbox-executor on this host.");
    }
    return {};
}

}  // namespace

const secret::References& secrets_of(const Action& action) {
    static const secret::References none;
    const Command* command = nullptr;
    if (const auto* activate = std::get_if<ReleaseActivate>(&action.body)) command = &activate->command;
    if (const auto* revert = std::get_if<ReleaseRevert>(&action.body)) command = &revert->command;
    if (const auto* run = std::get_if<CommandRun>(&action.body)) command = &run->command;
    if (const auto* health = std::get_if<HealthCheck>(&action.body); health != nullptr && health->command)
        command = &*health->command;
    return command == nullptr ? none : command->secrets;
}

Result<Action> parse(std::string_view bytes) {
    json::Limits limits;
    limits.max_bytes = kMaxActionBytes;
    limits.max_depth = 8;
    SB_TRY(const Json value, json::parse(bytes, limits));
    SB_TRY(auto reader, ObjectReader::open(value));
    Action action;
    SB_TRY(action.kind, reader.string("kind"));
    SB_TRY(action.service, reader.string("service"));
    if (!is_service_name(action.service)) return bad_member(reader, "service", "cannot be a service's name");
    SB_TRY(const std::int64_t deadline, ranged(reader, "deadline_s", 1, kMaxSeconds));
    action.deadline = std::chrono::seconds(deadline);
    SB_CHECK(read_body(reader, action));
    SB_CHECK(reader.finish());
    return action;
}

}  // namespace signalbox::actions
