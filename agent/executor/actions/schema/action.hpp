// SPDX-License-Identifier: Apache-2.0
// What a step does, as people signed it: one struct a kind, read strictly from the exact action bytes. Pure.
// Every name that becomes a path, an argument or a runtime command is checked here, once.
// Format: docs/formats/action.md. Units are in the names.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/action/command_limits.hpp"
#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/model/ids.hpp"
#include "common/secret/secret.hpp"

namespace signalbox::actions {

inline constexpr std::size_t kMaxActionBytes = 256 * 1024;

enum class ArchiveFormat { tar, tar_gz, tar_zst };

// artifact.stage: the artifact appears whole as <services root>/<service>/releases/<sha256>/.
struct ArtifactStage {
    crypto::Digest sha256;
    std::int64_t size = 0;
    ArchiveFormat format = ArchiveFormat::tar;
};

// argv[0] is an absolute path or is found on the fixed PATH; never a shell.
struct Command {
    std::vector<std::string> argv;
    std::string user;  // empty: the executor's own
    std::map<std::string, std::string> env;
    CommandLimits limits{};
    secret::References secrets{};  // by the name of their file
};

// release.activate: `current` points to a staged artifact, then the command runs (when it is not empty).
struct ReleaseActivate {
    crypto::Digest artifact_sha256;
    Command command;
};

// release.revert: `current` points again to what the step `of` of the same approval found.
struct ReleaseRevert {
    StepId of;
    Command command;
};

struct HttpProbe {
    std::string url;
    std::int64_t expect = 200;
    std::string contains;
};

// health.check: passes when `successes` probes in a row pass within `within`. A probe that fails starts the
// count again; with `fail_fast`, a watch, it ends the check as failed once a probe had passed. Exactly one of
// http and command.
struct HealthCheck {
    std::optional<HttpProbe> http;
    std::optional<Command> command;
    std::chrono::seconds within{};
    std::chrono::milliseconds interval{};
    std::int64_t successes = 1;
    bool fail_fast = false;
};

using Weights = std::map<std::string, std::int64_t>;  // by server

// By HAProxy's runtime socket.
struct HaproxyTraffic {
    std::string socket;
    std::string backend;
};

// By a file that holds one upstream block and is ours alone, and nginx's own test and reload.
struct NginxTraffic {
    std::string file;
    std::string upstream;
    std::map<std::string, std::string>
        addresses;  // server -> host:port; the upstream has these and no others
    std::vector<std::string> test, reload;
};

// By a program that gets "server=weight" arguments.
struct CommandTraffic {
    std::vector<std::string> argv;
    std::vector<std::string> show;  // prints "server weight" lines; empty: weights cannot be read
};

// traffic.shift: sets weights and reads them back; `expect`, when not empty, must hold before.
struct TrafficShift {
    std::variant<HaproxyTraffic, NginxTraffic, CommandTraffic> adapter;
    Weights weights;
    Weights expect;
    std::chrono::seconds drain{};
};

struct CommandRun {
    Command command;
};

struct Action {
    std::string kind;
    std::string service;
    std::chrono::seconds deadline{};
    std::variant<ArtifactStage, ReleaseActivate, ReleaseRevert, HealthCheck, TrafficShift, CommandRun> body;
};

// Of the action's command; nothing when it has none of its own.
[[nodiscard]] const secret::References& secrets_of(const Action& action);

// Errors: invalid_argument (naming the member), resource_exhausted; failed_precondition for an unknown kind.
[[nodiscard]] Result<Action> parse(std::string_view bytes);

}  // namespace signalbox::actions
