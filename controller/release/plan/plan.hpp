// SPDX-License-Identifier: Apache-2.0
// The plan of a release: what people approve and what the sequencer runs. Values; their canonical JSON is the
// format docs/formats/plan.md, and its SHA-256 is the plan's identity. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/model/ids.hpp"

namespace signalbox::plan {

inline constexpr std::string_view kPlanFormat = "signalbox-plan/v1";
inline constexpr std::size_t kMaxPlanBytes = 64 << 20;

// Under a barrier every step of `prepare` has succeeded before any step of `switch_over` starts.
enum class Phase { prepare, switch_over, verify };
[[nodiscard]] std::string_view to_string(Phase phase);  // "prepare" "switch" "verify"
[[nodiscard]] Result<Phase> parse_phase(std::string_view text);

struct ArtifactRef {
    crypto::Digest sha256;
    std::uint64_t size = 0;
    std::string format;  // tar tar.gz tar.zst
    friend bool operator==(const ArtifactRef&, const ArtifactRef&) = default;
};

struct PlanStep {
    StepId id;
    AgentId agent_id;
    std::string host;
    std::string group;
    Phase phase = Phase::prepare;
    std::string
        kind;  // artifact.stage release.activate release.revert health.check traffic.shift command.run
    std::string action;  // canonical JSON: the exact bytes that the executor gets
    crypto::Digest action_sha256;
    std::vector<ArtifactRef> artifacts;
    std::chrono::seconds deadline{0};
    int max_attempts = 1;
    // Steps of the same list (forward or undo) that must be over first. A forward step needs them succeeded;
    // an undo step needs them over or not needed, because their forward step never ran.
    std::vector<StepId> needs;
    StepId undo_of;  // the forward step that this one undoes; empty in a forward step
    // When this step succeeds, this colour of `group` serves (for `service` in this environment); empty for
    // steps that move no traffic between colours. An undo step names the colour that serves again.
    std::string makes_live;
    friend bool operator==(const PlanStep&, const PlanStep&) = default;
};

// How one group of hosts is released: for people, and for the summary; the steps say the same in detail.
struct PlanGroup {
    std::string name;
    std::string strategy;            // in_place blue_green
    std::vector<std::string> hosts;  // those that change, in the order in which they change
    int batch = 0;                   // in_place: how many at a time
    std::string live;                // blue_green: the colour that serves before
    std::string idle;                // blue_green: the colour that serves after
    friend bool operator==(const PlanGroup&, const PlanGroup&) = default;
};

struct PlanEnvironment {
    std::string name;
    std::string tier;
    std::string promotes_from;  // where the same artifacts must have succeeded before; empty: nowhere
    int max_in_flight = 1;
    std::vector<PlanGroup> groups;
    std::vector<std::string> barrier;  // groups in the order in which they switch; empty: no barrier
    std::vector<PlanStep> steps;       // topologically sorted
    std::vector<PlanStep> undo;        // topologically sorted, last change first
    friend bool operator==(const PlanEnvironment&, const PlanEnvironment&) = default;
};

// What the plan takes for granted; when it is no longer so, the plan must be made again.
struct Assumption {
    std::string environment;
    std::string group;
    std::string live;
    friend auto operator<=>(const Assumption&, const Assumption&) = default;
};

struct Plan {
    ClusterId cluster_id;
    ReleaseId release_id;  // <service>-<version>-<counter>
    std::int64_t release_counter = 0;
    std::string service;
    std::string version;
    std::string commit;  // of the source, from the manifest
    std::string estate_commit;
    std::string manifest;  // path in the estate
    crypto::Digest manifest_sha256;
    std::string requester;  // name of the person or pipeline
    std::string change;
    std::vector<std::string> tickets;
    bool undo_on_failure = true;
    std::vector<PlanEnvironment> environments;  // in the order of promotion
    std::vector<Assumption> assumes;
    friend bool operator==(const Plan&, const Plan&) = default;

    [[nodiscard]] const PlanEnvironment* environment(std::string_view name) const;
    // Searches forward and undo steps of every environment.
    [[nodiscard]] const PlanStep* step(const StepId& id) const;
};

// An enrolled, active agent's host, as the planner sees it.
struct Host {
    AgentId agent_id;
    std::string name;
    std::string environment;
    std::string site;
    std::map<std::string, std::string> labels;
};

// Which colour of a blue_green group serves now. Key: (environment, service, group). Written by the sequencer
// from PlanStep::makes_live; without one, the estate's traffic.live counts.
struct Placement {
    std::string environment;
    std::string service;
    std::string group;
    std::string live;
    friend auto operator<=>(const Placement&, const Placement&) = default;
};

// Canonical JSON: same plan, same bytes.
[[nodiscard]] std::string serialize(const Plan& plan);
// Strict: unknown members, a wrong action digest, an edge to an unknown or later step, an undo of an unknown
// step are refused. Errors: invalid_argument (says where), resource_exhausted.
[[nodiscard]] Result<Plan> parse_plan(std::string_view text);
[[nodiscard]] crypto::Digest plan_digest(std::string_view canonical);

}  // namespace signalbox::plan
