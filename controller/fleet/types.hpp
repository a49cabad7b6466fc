// SPDX-License-Identifier: Apache-2.0
// What the controller knows of an enrolled host, and of a join token. Values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/keys.hpp"
#include "common/model/ids.hpp"

namespace signalbox::fleet {

// active: takes steps. quarantined: only reports. banned: may not connect, for ever.
enum class AgentState { active, quarantined, banned };
[[nodiscard]] std::string_view to_string(AgentState state);
// Errors: invalid_argument.
[[nodiscard]] Result<AgentState> parse_agent_state(std::string_view text);

// online: heard from within two heartbeats. stale: still connected but silent for longer. offline: no stream.
enum class Presence { online, stale, offline };
[[nodiscard]] std::string_view to_string(Presence presence);

using Labels = std::map<std::string, std::string>;

// A record key that a host replaced.
struct FormerKey {
    crypto::PublicKey key;
    std::int64_t last_seq = 0;  // of the last record that it may sign: the one that names the next key
};

// One enrolment of one host. Everything but the state and the record key is fixed by the join token and never
// changes.
struct AgentInfo {
    AgentId agent_id;
    std::string host;
    std::string environment;
    std::string site;
    Labels labels;
    AgentState state = AgentState::active;
    std::string state_reason;
    crypto::PublicKey record_key;  // whose signature its next records must carry
    Instant enrolled{};
    std::vector<FormerKey> former_keys = {};       // the oldest first
    std::optional<Instant> record_key_since = {};  // by the host's clock; nothing: since it enrolled

    // The key whose signature its record of this number must carry.
    [[nodiscard]] const crypto::PublicKey& key_of(std::int64_t seq) const;
    [[nodiscard]] bool ever_had(const crypto::PublicKey& key) const;
};

// Permission for one host to enrol once. The secret itself is shown once and never stored.
struct JoinToken {
    std::string id;  // 16 hex digits
    crypto::Digest secret_sha256;
    std::string environment;
    std::string host;
    std::string site;
    Labels labels;
    Instant created{};
    Instant expires{};
    std::string created_by;          // name of the operator
    std::int64_t trust_version = 1;  // of the trust file whose SHA-256 the join line names
    std::optional<Instant> used;
};

}  // namespace signalbox::fleet
