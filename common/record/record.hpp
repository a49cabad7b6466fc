// SPDX-License-Identifier: Apache-2.0
// Action records (signed by a host's record key) and controller decisions (signed by the ledger key): DSSE
// over in-toto Statements. Pure. Format: docs/formats/record.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/keys.hpp"
#include "common/dsse/dsse.hpp"
#include "common/json/json.hpp"
#include "common/model/ids.hpp"

namespace signalbox::record {

inline constexpr std::string_view kActionPredicate = "https://signalbox.dev/action/v1";
inline constexpr std::string_view kDecisionPredicate = "https://signalbox.dev/decision/v1";
inline constexpr std::size_t kMaxRecordBytes = 16 * 1024;     // of an action record's payload
inline constexpr std::size_t kMaxDecisionBytes = 256 * 1024;  // of a decision's payload

enum class Kind {
    enrolled,
    observed,
    refused,
    started,
    finished,
    interrupted,
    heartbeat,
    spool_full,
    clock_step,
    key_rotated,
    trust_updated
};
[[nodiscard]] std::string_view to_string(Kind kind);
[[nodiscard]] Result<Kind> parse_kind(std::string_view text);

struct Outcome {
    std::string code;  // ok failed unchanged timed_out killed nothing_to_do interrupted refused:R_…
    std::int64_t exit_status = 0;
    std::int64_t signal = 0;
    bool timed_out = false;
    std::int64_t duration_ms = 0;
    std::string detail;  // one line for people, no secret, at most 400 bytes
};

struct SeenCheckpoint {
    std::string origin;
    std::int64_t size = 0;
    crypto::Digest root;
};

// The record key that signs from the next record on. `proof` is its own signature over rotation_message().
struct NextKey {
    crypto::PublicKey key;
    crypto::Signature proof{};
};

struct ActionRecord {
    ClusterId cluster_id;
    AgentId agent_id;
    std::string boot_id;
    std::int64_t seq = 1;
    crypto::Digest prev;  // SHA-256 of the previous record's payload; zeros for the first
    Instant time_wall{};
    std::int64_t time_boot_ns = 0;
    Kind kind = Kind::observed;
    // Present where the kind has them.
    std::optional<std::string> jti;
    std::optional<crypto::Digest> token_sha256, approval_sha256;
    std::optional<StepId> step_id;
    std::optional<std::int64_t> attempt;
    std::optional<crypto::Digest> action_sha256;
    std::optional<Outcome> outcome;
    std::optional<crypto::Digest> stdout_sha256, stderr_sha256;
    std::optional<std::int64_t> stdout_len, stderr_len;
    std::optional<crypto::Digest> before_sha256, after_sha256;
    std::optional<SeenCheckpoint> seen_checkpoint;
    std::optional<NextKey> next_key;  // of key_rotated, and of no other kind
};

// The statement's bytes. Optional members that are absent are left out.
[[nodiscard]] std::string serialize(const ActionRecord& record);
[[nodiscard]] Result<ActionRecord> parse_action_record(std::string_view payload);
// Sealed: DSSE text with exactly one signature.
[[nodiscard]] std::string seal(const ActionRecord& record, const crypto::SigningKey& record_key);

// "signalbox/rotate/v1\n<cluster>\n<agent id>\n<k4.pid of the key so far>\n<k4.pid of the next key>".
[[nodiscard]] std::string rotation_message(const ClusterId& cluster, const AgentId& agent,
                                           const crypto::KeyId& before, const crypto::KeyId& next);
// The next key that a key_rotated record of this host names, whose own signature is `before`'s. Errors:
// refused (the next key did not sign, or is the same one).
[[nodiscard]] Result<crypto::PublicKey> rotated_to(const ActionRecord& record,
                                                   const crypto::PublicKey& before);

struct Decision {
    ClusterId cluster_id;
    Instant time{};
    std::string kind;  // see docs/formats/record.md
    json::Json data;   // an object
};
[[nodiscard]] std::string serialize(const Decision& decision);
[[nodiscard]] Result<Decision> parse_decision(std::string_view payload);
[[nodiscard]] std::string seal(const Decision& decision, const crypto::SigningKey& ledger_key);

// Opens an envelope of either kind without judging who may sign: exactly one signature, in-toto type, one of
// the two predicates, its size cap. Errors: invalid_argument, resource_exhausted.
struct Opened {
    dsse::Envelope envelope;
    std::string predicate_type;
};
[[nodiscard]] Result<Opened> open(std::string_view dsse_text);

// The ledger leaf of an envelope: the canonical body of a Rekor "dsse" 0.0.1 entry. `key` is the signer's.
// Only for a text that open() accepted; anything else is a bug and terminates.
[[nodiscard]] std::string ledger_leaf(std::string_view dsse_text, const crypto::PublicKey& key);

}  // namespace signalbox::record
