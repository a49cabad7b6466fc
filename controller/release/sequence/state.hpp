// SPDX-License-Identifier: Apache-2.0
// The sequencer's state: everything that its next decision depends on, beside the event and the time. Values;
// a release's state is stored as canonical JSON.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/json/json.hpp"
#include "common/model/ids.hpp"
#include "controller/release/sequence/bits.hpp"
#include "controller/release/sequence/breaker.hpp"
#include "controller/release/sequence/index.hpp"
#include "controller/release/sequence/shared_vector.hpp"
#include "controller/release/sequence/spec.hpp"

namespace signalbox::sequence {

enum class ReleaseStatus {
    waiting,
    running,
    halted,
    undoing,
    succeeded,
    failed,
    undone,
    undone_partly,
    aborted
};
enum class StepStatus { pending, ready, dispatched, running, succeeded, failed, unknown, skipped };

// Where the release is heading. The winding_down ones mint nothing and wait for what is in flight.
enum class Course {
    forward,
    winding_down_to_undo,
    winding_down_to_fail,
    winding_down_to_abort,
    undoing,
    ended
};

enum class GateOutcome { pass, wait, block };

[[nodiscard]] std::string_view to_string(ReleaseStatus status);
[[nodiscard]] std::string_view to_string(StepStatus status);
[[nodiscard]] std::string_view to_string(Course course);
[[nodiscard]] std::string_view to_string(GateOutcome outcome);
[[nodiscard]] Result<ReleaseStatus> parse_release_status(std::string_view text);
[[nodiscard]] Result<StepStatus> parse_step_status(std::string_view text);
[[nodiscard]] Result<Course> parse_course(std::string_view text);
[[nodiscard]] Result<GateOutcome> parse_gate_outcome(std::string_view text);

struct Verdict {
    std::string gate;
    GateOutcome outcome = GateOutcome::block;
    std::string reason;
    std::string remedy;
    std::string inputs_sha256;  // digest of what it was judged on

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

// An Instant of zero means "never" or "not yet".
struct StepState {
    StepStatus status = StepStatus::pending;
    int attempt = 0;            // the newest one; 0 before the first
    bool attempt_open = false;  // its outcome is not known yet
    bool minted = false;        // a token of this attempt went out, or may have
    bool sent = false;          // by the newest dispatch
    bool fresh_token = false;   // the next dispatch must not send the token again: the host called it dead
    bool asking = false;        // the host must be asked what became of it
    bool ran = false;           // it touched the host, or may have
    bool ran_before = false;    // an earlier attempt did
    int sends = 0;              // dispatches so far; makes each one's idempotency key
    int asks = 0;               // queries so far; only the newest one's "never" counts
    int setbacks = 0;           // consecutive tries that did not reach admission
    std::uint64_t order = 0;    // rank of completion within the release
    Instant token_expires{};
    Instant not_before{};    // do not dispatch again before
    Instant asked{};         // when the newest query was queued
    Instant ask_at{};        // ask when nothing was heard until then
    Instant give_up_at{};    // declare it unknown then
    Instant absent_since{};  // ready, and its host is offline since then
    Instant ready{};         // when it became ready
    Instant started{};
    Instant finished{};
    std::string refusal;  // it is given up for this refusal as soon as its token is dead
    std::string detail;   // the newest news in words

    friend bool operator==(const StepState&, const StepState&) = default;
};

// A host that a release was done without.
struct LeftOut {
    std::string service;
    std::string group;
    std::string host;
    std::string why;

    friend bool operator==(const LeftOut&, const LeftOut&) = default;
};

// What follows from the rest of a release's state, kept up to date by Editor alone, so that no event needs a
// walk over all steps. Not stored.
struct Tracking {
    Bits ready;    // by step
    Bits active;   // in flight, or with an attempt whose outcome is not known, or to be asked for
    Bits delayed;  // ready, and not before a time
    Bits absent;   // ready, and the host is offline
    Bits lost;     // forward steps that failed or are unknown
    Bits online;   // by agent
    Bits gone;     // by agent: banned
    SharedVector<std::uint32_t> unmet;      // by node: how many of those that it waits for are not over
    std::vector<std::uint32_t> unfinished;  // by list (stage, then forward or undo): steps that are not over
    std::vector<std::uint32_t> lane_left;   // by lane: forward steps that are not over
};

struct ReleaseState {
    std::shared_ptr<const ReleaseSpec> spec;
    std::shared_ptr<const Index> index;
    Course course = Course::forward;
    ReleaseStatus final_status = ReleaseStatus::failed;  // counts when course is ended
    bool halted = false;
    bool open = false;       // the gates of the present stage have passed for this plan
    bool by_person = false;  // a person asked for the undo
    std::size_t stage = 0;
    std::uint64_t revision = 0;     // one more with every change
    std::uint64_t completions = 0;  // source of StepState::order
    std::uint64_t last_served = 0;  // when it last got a throttle slot: fairness
    std::string reason;             // why it halted, failed, is undone …
    Instant finished{};
    std::map<std::string, std::vector<Verdict>> gates;  // newest verdicts by environment
    SharedVector<StepState> steps;                      // by StepIndex
    std::map<std::string, Instant> progress;  // by "service/group" of the open stage: the last success
    Breaker breaker;
    std::vector<LeftOut> left_out;
    std::vector<std::string> not_undone;  // "host: why", for people
    Tracking tracking;

    [[nodiscard]] ReleaseStatus status() const;
    [[nodiscard]] bool ended() const { return course == Course::ended; }
    [[nodiscard]] bool winding_down() const {
        return course == Course::winding_down_to_undo || course == Course::winding_down_to_fail ||
               course == Course::winding_down_to_abort;
    }
    [[nodiscard]] const StageSpec& current() const { return spec->stages[stage]; }
    // Of a step of the spec; another id terminates.
    [[nodiscard]] const StepState& step(const StepId& id) const;
    // False when no step is on this agent.
    [[nodiscard]] bool is_online(const AgentId& agent) const;

    // What is stored; `tracking` follows from it, but for who is online.
    friend bool operator==(const ReleaseState& a, const ReleaseState& b);
};

// A release that has just been started.
[[nodiscard]] ReleaseState make_release_state(std::shared_ptr<const ReleaseSpec> spec);

struct State {
    std::map<ReleaseId, ReleaseState> releases;
    std::map<std::string, Breaker> breakers;  // by environment; absent: closed, and nothing has failed

    // Whether some unfinished release knows this agent to be online.
    [[nodiscard]] bool is_online(const AgentId& agent) const;
    friend bool operator==(const State&, const State&) = default;
};

// Without the spec, which is stored once beside it, and without the steps.
[[nodiscard]] json::Json to_json(const ReleaseState& state);
[[nodiscard]] json::Json to_json(const StepState& step);
// Strict: the head, and the steps that are not as at the beginning. Errors: invalid_argument (also when a
// step is not in the spec).
using StoredSteps = std::vector<std::pair<StepId, json::Json>>;
[[nodiscard]] Result<ReleaseState> state_from_json(const json::Json& head, const StoredSteps& steps,
                                                   std::shared_ptr<const ReleaseSpec> spec);

// Of all releases and breakers, without presence: what a replay of the ledger must arrive at.
[[nodiscard]] std::string canonical(const State& state);

}  // namespace signalbox::sequence
