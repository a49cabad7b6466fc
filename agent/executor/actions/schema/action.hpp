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

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/model/ids.hpp"

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

// health.check: passes when `successes` probes in a row pass within `within`. Exactly one of http and
// command.
struct HealthCheck {
    std::optional<HttpProbe> http;
    std::optional<Command> command;
    std::chrono::seconds within{};
    std::chrono::milliseconds interval{};
    std::int64_t successes = 1;
};

// traffic.shift: sets weights by HAProxy's runtime socket; `expect`, when not empty, must hold before.
struct TrafficShift {
    std::string socket;
    std::string backend;
    std::map<std::string, std::int64_t> weights;
    std::map<std::string, std::int64_t> expect;
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

// Errors: invalid_argument (naming the member), resource_exhausted; failed_precondition for an unknown kind.
[[nodiscard]] Result<Action> parse(std::string_view bytes);

}  // namespace signalbox::actions
