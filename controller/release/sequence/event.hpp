// SPDX-License-Identifier: Apache-2.0
// What happens to releases. Every event that changes the state is a ledger entry; replaying the entries in
// order gives the state again. Values.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/json/json.hpp"
#include "common/model/ids.hpp"
#include "controller/release/sequence/spec.hpp"
#include "controller/release/sequence/state.hpp"

namespace signalbox::sequence {

struct ReleaseStarted {
    std::shared_ptr<const ReleaseSpec> spec;
};
// All verdicts for one environment, judged for this plan.
struct GatesJudged {
    ReleaseId release;
    std::string environment;
    std::string plan_sha256;
    std::vector<Verdict> verdicts;
};
// An agent's session is there (again), or ended. Everything in flight on it must be asked for.
struct AgentSeen {
    AgentId agent;
    bool online = false;
    bool gone = false;  // banned, as the agent of a host that was enrolled again is: it will not be back
};
// The token of this attempt is durable and about to be sent. `again`: the same one as before.
struct TokenMinted {
    ReleaseId release;
    StepId step;
    int attempt = 0;
    std::string jti;
    std::string token_sha256;
    Instant expires{};
    bool again = false;
    // The scopes of the throttle that it counts in, with the limit of each for this release at this instant
    // (0: none). They decide nothing here: an auditor recomputes from them what was in flight.
    std::map<std::string, int> scopes;
    // Until then the step may run, if its host never says anything again: the slot is held so long, and an
    // auditor counts it so long. Zero: the entry was written before this was said, and decides nothing here.
    Instant run_by{};
};
enum class Answer { admitted, refused, unavailable };
// The host's answer to the token; unavailable also when the order could not be sent.
struct ExecuteAnswered {
    ReleaseId release;
    StepId step;
    int attempt = 0;
    Answer answer = Answer::unavailable;
    std::string code;  // "R_…" when refused
    std::string detail;
};
enum class Report { started, finished, interrupted };
// A signed record of the host.
struct StepReported {
    ReleaseId release;
    StepId step;
    int attempt = 0;
    Report report = Report::started;
    std::string code;  // outcome when finished
    std::string detail;
};
enum class Found { never, running, done, unavailable };
struct QueryAnswered {
    ReleaseId release;
    StepId step;
    int ask = 0;  // which query this answers
    Found found = Found::unavailable;
    int attempt = 0;          // of what runs or is done
    std::string code;         // outcome when done
    bool token_dead = false;  // the host can no longer admit the token that was sent (its nonce changed)
};
enum class CommandKind { halt, resume, abort, undo };
// A person's command; `by` is their name.
struct Command {
    ReleaseId release;
    CommandKind kind = CommandKind::halt;
    std::string by;
    std::string reason;
};
struct Tick {};
// After a restart: no session is there, and what was in flight must be asked for.
struct ControllerStarted {};

using Event = std::variant<ReleaseStarted, GatesJudged, AgentSeen, TokenMinted, ExecuteAnswered, StepReported,
                           QueryAnswered, Command, Tick, ControllerStarted>;

[[nodiscard]] std::string_view to_string(CommandKind kind);

// "release_created", "gate_verdict", "token_minted", otherwise "release_event": the ledger's kind.
[[nodiscard]] std::string_view ledger_kind(const Event& event);
// The entry's data: {"at", "event", …, "release_id" when it has one}. Of a started release only the id and
// the plan's digest: the plan itself is kept beside.
[[nodiscard]] json::Json to_json(const Event& event, Instant at);

struct TimedEvent {
    Instant at{};
    Event event;
};
// Finds the spec of a started release by its id.
using SpecLookup = std::function<Result<std::shared_ptr<const ReleaseSpec>>(const ReleaseId&)>;
// Strict. Errors: invalid_argument, the lookup's, data_loss (the spec is of another plan than the entry
// says).
[[nodiscard]] Result<TimedEvent> event_from_json(const json::Json& data, const SpecLookup& spec_of);

}  // namespace signalbox::sequence
