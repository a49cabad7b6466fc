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
#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/model/ids.hpp"
#include "controller/calendar/calendar.hpp"

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
    std::string host;  // where it runs
    // The host that it changes: `host`, but for a drain, which runs where the traffic is reached. Empty: the
    // whole lane, as a shift between colours does.
    std::string target;
    std::string service;  // that it works for
    std::string group;
    std::string site;  // of `host`
    std::string pool;  // the traffic entry whose weights it changes; empty: none
    Phase phase = Phase::prepare;
    // artifact.stage release.activate release.revert health.check traffic.shift command.run
    std::string kind;
    std::string action;  // canonical JSON: the exact bytes that the executor gets
    crypto::Digest action_sha256;
    std::vector<ArtifactRef> artifacts;
    std::chrono::seconds deadline{0};
    int max_attempts = 1;
    // It is not started before this long after the last of those it waits for was over: a canary's pause, the
    // time that the old colour is kept. Without needs: after its environment began.
    std::chrono::seconds delay{0};
    // Steps of the same list (forward or undo) that must be over first. A forward step needs them succeeded;
    // an undo step needs them over or not needed, because their forward step never ran.
    std::vector<StepId> needs;
    // Joins of its environment (`joins` for a forward step, `undo_joins` for an undo step): it waits for
    // every step of each of them as it does for `needs`.
    std::vector<std::string> after;
    StepId undo_of;  // the forward step that this one undoes; empty in a forward step
    // When this step succeeds, this colour of `group` serves (for `service` in this environment); empty for
    // steps that move no traffic between colours. An undo step names the colour that serves again.
    std::string makes_live;
    friend bool operator==(const PlanStep&, const PlanStep&) = default;
};

// What becomes of a host that is offline when one of its forward steps could start.
enum class Offline { wait, skip, fail };
[[nodiscard]] std::string_view to_string(Offline offline);  // "wait" "skip" "fail"
[[nodiscard]] Result<Offline> parse_offline(std::string_view text);

// One service on one group of hosts, called a lane: how it is released. The sequencer keeps its rules about
// absent hosts and progress; the rest is for people, and the steps say the same in detail.
struct PlanGroup {
    std::string service;
    std::string name;                // of the host group
    std::string strategy;            // in_place rolling blue_green canary
    std::vector<std::string> hosts;  // those that change, in the order in which they change
    int batch = 0;                   // in_place, rolling: how many at a time
    std::string live;                // blue_green, canary: the colour that serves before
    std::string idle;                // blue_green, canary: the colour that serves after
    std::vector<int> percents;       // canary: of the traffic that the idle colour gets, rising to 100
    Offline offline = Offline::wait;
    std::chrono::seconds offline_after{0};  // for so long it is waited for in any case
    int quorum = 0;                         // skip: so many of `hosts` must be released
    std::chrono::seconds progress_deadline{
        0};  // so long without a step that succeeds is a failure; 0: no limit
    friend bool operator==(const PlanGroup&, const PlanGroup&) = default;
};

// How many steps may hold a live token in one scope at any instant.
struct PlanCap {
    int max_in_flight = 1;
    int hard_cap = 1;            // for releases of the emergency lane; at least max_in_flight
    std::string peak_hours;      // "Mon-Fri 08:00-18:00 Europe/Berlin"; empty: none
    int peak_max_in_flight = 1;  // in peak hours, for releases that are not an emergency
    friend bool operator==(const PlanCap&, const PlanCap&) = default;
};

// Stops everything that starts steps in one place after too many failures; 0 of a number: it does not count.
struct PlanBreaker {
    int failures = 0;      // so many attempts that failed within the window open it
    int rate_percent = 0;  // so great a share of the attempts within the window opens it …
    int rate_of = 10;      // … when there were at least so many
    std::chrono::seconds window{600};
    std::chrono::seconds half_open_after{300};  // then one host is tried
    friend bool operator==(const PlanBreaker&, const PlanBreaker&) = default;
};

// When nothing may start in an environment: from the estate.
using PlanBlackout = calendar::Blackout;
using PlanCalendar = calendar::Calendar;

// Steps that several others wait for together: n steps before m others are n + m edges and not n * m. By
// name; none is empty.
using PlanJoins = std::map<std::string, std::vector<StepId>>;

struct PlanEnvironment {
    std::string name;
    std::string tier;
    std::string promotes_from;  // where the same artifacts must have succeeded before; empty: nowhere
    // By scope: "global" "environment:<name>" "site:<name>" "service:<name>" "pool:<traffic>"; a scope that
    // is not named has no limit. "environment:…" always is.
    std::map<std::string, PlanCap> caps;
    PlanBreaker breaker;  // of the environment, shared by its releases
    PlanCalendar calendar;
    std::vector<PlanGroup> groups;
    std::vector<std::string> barrier;  // groups in the order in which they switch; empty: no barrier
    std::vector<PlanStep> steps;       // topologically sorted
    std::vector<PlanStep> undo;        // topologically sorted, last change first
    PlanJoins joins;                   // of `steps`: all steps of a join come before those that wait for it
    PlanJoins undo_joins;              // likewise of `undo`
    friend bool operator==(const PlanEnvironment&, const PlanEnvironment&) = default;
};

// What the plan takes for granted; when it is no longer so, the plan must be made again.
struct Assumption {
    std::string environment;
    std::string service;
    std::string group;
    std::string live;
    friend auto operator<=>(const Assumption&, const Assumption&) = default;
};

struct PlanService {
    std::string name;
    std::string version;
    std::string commit;  // of the source, from the manifest
    ArtifactRef artifact;
    friend bool operator==(const PlanService&, const PlanService&) = default;
};

// Which releases go first when they compete for a throttle.
enum class Priority { normal, emergency };
[[nodiscard]] std::string_view to_string(Priority priority);  // "normal" "emergency"
[[nodiscard]] Result<Priority> parse_priority(std::string_view text);

// What becomes of a release when its window closes before it is done. finish: steps in flight may end,
// nothing starts, the release fails. stop: so does it, and besides no step starts that could not end within
// the window. undo: it is taken back, for which its undo steps have until undo_not_after of the approval.
enum class Overrun { finish, stop, undo };
[[nodiscard]] std::string_view to_string(Overrun overrun);  // "finish" "stop" "undo"
[[nodiscard]] Result<Overrun> parse_overrun(std::string_view text);

struct Plan {
    ClusterId cluster_id;
    ReleaseId release_id;  // <name>-<version>-<counter>
    std::int64_t release_counter = 0;
    std::string name;                   // of the release; of its service when there is one
    std::string version;                // of the release; of its service when there is one
    std::vector<PlanService> services;  // shared ones before those that depend on them
    Priority priority = Priority::normal;
    Overrun overrun = Overrun::finish;
    std::chrono::seconds jitter{0};  // each host's first step waits a part of this, fixed by release and host
    PlanBreaker breaker;             // of this release alone
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
    [[nodiscard]] const PlanService* service(std::string_view name) const;
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
