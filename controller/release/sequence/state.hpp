// SPDX-License-Identifier: Apache-2.0
// The sequencer's state: everything that its next decision depends on, beside the event and the time. Values;
// a release's state is stored as canonical JSON.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/json/json.hpp"
#include "common/model/ids.hpp"
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
    int sends = 0;              // dispatches so far; makes each one's idempotency key
    int asks = 0;               // queries so far; only the newest one's "never" counts
    int setbacks = 0;           // consecutive tries that did not reach admission
    std::uint64_t order = 0;    // rank of completion within the release
    Instant token_expires{};
    Instant not_before{};  // do not dispatch again before
    Instant asked{};       // when the newest query was queued
    Instant ask_at{};      // ask when nothing was heard until then
    Instant give_up_at{};  // declare it unknown then
    Instant started{};
    Instant finished{};
    std::string detail;  // the newest news in words

    friend bool operator==(const StepState&, const StepState&) = default;
};

struct ReleaseState {
    std::shared_ptr<const ReleaseSpec> spec;
    Course course = Course::forward;
    ReleaseStatus final_status = ReleaseStatus::failed;  // counts when course is ended
    bool halted = false;
    bool open = false;  // the gates of the present stage have passed for this plan
    std::size_t stage = 0;
    std::uint64_t revision = 0;     // one more with every change
    std::uint64_t completions = 0;  // source of StepState::order
    std::uint64_t last_served = 0;  // when it last got a throttle slot: fairness
    std::string reason;             // why it halted, failed, is undone …
    Instant finished{};
    std::map<std::string, std::vector<Verdict>> gates;  // newest verdicts by environment
    std::map<StepId, StepState> steps;                  // every step of the spec
    std::vector<std::string> not_undone;                // "host: why", for people

    [[nodiscard]] ReleaseStatus status() const;
    [[nodiscard]] bool ended() const { return course == Course::ended; }
    [[nodiscard]] bool winding_down() const {
        return course == Course::winding_down_to_undo || course == Course::winding_down_to_fail ||
               course == Course::winding_down_to_abort;
    }
    [[nodiscard]] const StageSpec& current() const { return spec->stages[stage]; }

    friend bool operator==(const ReleaseState& a, const ReleaseState& b);
};

struct State {
    std::map<ReleaseId, ReleaseState> releases;
    std::map<AgentId, bool> online;  // agents that an unfinished release names; absent: not online

    [[nodiscard]] bool is_online(const AgentId& agent) const {
        const auto found = online.find(agent);
        return found != online.end() && found->second;
    }
    friend bool operator==(const State&, const State&) = default;
};

// Without the spec, which is stored once beside it.
[[nodiscard]] json::Json to_json(const ReleaseState& state);
// Strict. Errors: invalid_argument (also when it names a step that the spec does not have).
[[nodiscard]] Result<ReleaseState> state_from_json(const json::Json& value,
                                                   std::shared_ptr<const ReleaseSpec> spec);

// Of all releases, without presence: what a replay of the ledger must arrive at.
[[nodiscard]] std::string canonical(const State& state);

}  // namespace signalbox::sequence
