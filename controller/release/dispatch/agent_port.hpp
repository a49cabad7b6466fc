// SPDX-License-Identifier: Apache-2.0
// AgentPort: how releases reach agents; the fleet's sessions implement it. AgentEvents: how the fleet reports
// back; the dispatch service implements it. Both are called on the domain strand only, and neither calls the
// other from inside a call: answers are posted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/keys.hpp"
#include "common/model/ids.hpp"
#include "common/secret/secret.hpp"

namespace signalbox::dispatch {

struct AgentView {
    std::string host;
    std::string environment;
    std::string state;         // active quarantined banned
    bool online = false;       // has a session over which orders can be sent now
    std::string problem;       // why its executor takes no steps now; empty when it does
    std::string nonce;         // the executor's present one, base64url; empty before its first hello
    crypto::KeyId record_kid;  // tokens are bound to it
    std::int64_t trust_version = 0;
    // What its executor announced, signed by its record key; absent when it did not, or the signature is
    // wrong.
    std::optional<crypto::SealingPublic> sealing_key{};
};

struct ArtifactRef {
    crypto::Digest sha256;
    std::int64_t size = 0;

    friend bool operator==(const ArtifactRef&, const ArtifactRef&) = default;
};

struct ExecuteOrder {
    std::string dispatch_id;  // "<release>/<step>/<attempt>": the idempotency key
    std::string token;        // v4.public
    std::string action;       // the exact bytes
    std::string approval;     // DSSE text
    std::vector<ArtifactRef> artifacts;
    secret::Sealed secrets;               // to the executor's sealing key, by the name of their file
    std::string standing = {};            // DSSE text; empty: none
    std::string artifact_statement = {};  // DSSE text; empty: none
};

struct QueryOrder {
    std::string dispatch_id;
    crypto::Digest approval_sha256;
    StepId step_id;
};

class AgentPort {
  public:
    virtual ~AgentPort() = default;
    // Nothing when there is no such enrolment.
    [[nodiscard]] virtual std::optional<AgentView> info(const AgentId& agent) const = 0;
    // Success means handed to the session, not that it arrived. Errors: unavailable (no session).
    [[nodiscard]] virtual Status execute(const AgentId& agent, const ExecuteOrder& order) = 0;
    [[nodiscard]] virtual Status query(const AgentId& agent, const QueryOrder& order) = 0;
};

struct ExecuteAnswer {
    std::string dispatch_id;
    bool admitted = false;
    std::string refusal;  // "R_…", or "unavailable" when the executor was not reached; empty when admitted
    std::string detail;
};

enum class QueryState { never, running, done, unavailable };

struct QueryAnswer {
    std::string dispatch_id;
    QueryState state = QueryState::unavailable;
    int attempt = 0;           // of what runs or is done
    std::string outcome_code;  // when done: "ok", "nothing_to_do", "failed", …
};

class AgentEvents {
  public:
    virtual ~AgentEvents() = default;
    // A session is there and said hello, or said it again (new nonce, executor back). `info` tells the rest.
    virtual void agent_ready(const AgentId& agent) = 0;
    // The session ended, or its executor stopped taking steps; `why` is for people.
    virtual void agent_gone(const AgentId& agent, const std::string& why) = 0;
    // Only answers of the agent that was asked: the fleet passes on who spoke.
    virtual void execute_answered(const AgentId& agent, const ExecuteAnswer& answer) = 0;
    virtual void query_answered(const AgentId& agent, const QueryAnswer& answer) = 0;
};

}  // namespace signalbox::dispatch
