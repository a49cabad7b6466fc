// SPDX-License-Identifier: Apache-2.0
// What the network face (signalbox-agent) and the executor (signalbox-executor) say to each other: one struct
// a message, read strictly (unknown members refused) and written canonically. Pure.
//
//   request  {"id":n,"op":"…",…}          client -> server
//   reply    {"id":n,"ok":{…}} | {"id":n,"error":{"code","message","remedy"}}
//   event    {"event":"…",…}              server -> client, unsolicited
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/ipc/descriptor.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/keys.hpp"
#include "common/json/json.hpp"
#include "common/model/ids.hpp"

namespace signalbox::ipc {

// ---- requests ----

struct HelloRequest {};

// Enrolment: the record key signs
// "signalbox/enrol/v1\n<cluster>\n<join_id>\n<csr_sha256>\n<record kid>". Only before an identity is there,
// and only for the environment and host that the executor was initialised for.
struct ProveRequest {
    crypto::Digest csr_sha256;
    std::string join_id;
    std::string environment;
    std::string host;
};

// The certificate expired while the host was away: the record key signs
// "signalbox/return/v1\n<cluster>\n<agent_id>\n<challenge>\n<csr_sha256>\n<record kid>". Only with an
// identity.
struct ReturnRequest {
    std::string challenge;
    crypto::Digest csr_sha256;
};

struct InstallIdentityRequest {
    AgentId agent_id;
    std::string trust;  // DSSE text
};

struct TrustUpdateRequest {
    std::string trust;  // DSSE text
};

// An approver took an approval back.
struct WithdrawRequest {
    std::string withdrawal;  // DSSE text
};

struct ExecuteRequest {
    std::string token;
    std::string action;                    // the exact bytes
    std::string approval;                  // DSSE text
    std::map<std::string, Bytes> secrets;  // sealed to this executor, by the name of their file
    std::vector<Descriptor> artifacts;     // open for reading, in the order of the token's `art`
    std::string standing = {};             // DSSE text of the standing approval; empty: none
    std::string artifact_statement = {};   // DSSE text; empty: none
};

struct QueryRequest {
    crypto::Digest approval_sha256;
    StepId step_id;
};

struct RecordsRequest {
    std::int64_t after_seq = 0;
    std::int64_t max = 64;
};

struct Receipt {
    std::int64_t seq = 0;
    std::int64_t index = 0;  // in the ledger
    std::vector<crypto::Digest> proof;
};
struct ReceiptsRequest {
    std::vector<Receipt> items;
    std::string checkpoint;  // C2SP signed note
    std::vector<crypto::Digest> consistency;
};

struct ProbeResultRequest {
    std::string id;  // of the ProbeEvent
    bool ok = false;
    std::int64_t status = 0;  // HTTP status when ok
    std::string body;         // at most 64 KiB
    std::string error;        // why not ok
};

using Request = std::variant<HelloRequest, ProveRequest, ReturnRequest, InstallIdentityRequest,
                             TrustUpdateRequest, ExecuteRequest, QueryRequest, RecordsRequest,
                             ReceiptsRequest, ProbeResultRequest, WithdrawRequest>;

// ---- replies ----

struct Identity {
    AgentId agent_id;
    ClusterId cluster_id;
    std::string environment;
    std::string host;
};
struct Pinned {
    std::string origin;
    std::int64_t size = 0;
    crypto::Digest root;
};
struct Hello {
    std::string version;
    bool initialised = false;           // `signalbox-executor init` was run
    std::optional<Identity> identity;   // absent until install_identity
    std::string record_public;          // "k4.public.…"
    Bytes sealing_public;               // X25519; empty before there is an identity
    crypto::Signature sealing_proof{};  // of the record key: docs/formats/secret.md
    std::string nonce;                  // base64url of 32 bytes, fresh with every start of the executor
    std::int64_t trust_version = 0;     // 0: none yet
    std::optional<Instant> trust_expires;
    std::string boot_id;
    std::int64_t next_seq = 1;
    std::int64_t oldest_seq = 1;  // equal to next_seq when everything is acknowledged
    std::optional<Pinned> pinned;
    Instant time_floor{};
    std::string problem;  // why it takes no deployments now; empty when it does
};

struct ProveReply {
    crypto::Signature signature{};
    // To a ReturnRequest: the key_rotated records that have no receipt yet, the oldest first. DSSE texts.
    std::vector<std::string> key_changes = {};
};
struct Done {};  // {}
struct TrustUpdateReply {
    std::int64_t version = 0;
};
struct ExecuteReply {
    bool admitted = false;
    std::string jti;      // when admitted
    std::string refusal;  // "R_…" when not
    std::int64_t number = 0;
    std::string detail;
};

enum class StepState { never, running, done };
[[nodiscard]] std::string_view to_string(StepState state);

struct StepOutcome {
    std::string code;  // ok failed unchanged timed_out killed nothing_to_do interrupted
    std::int64_t exit_status = 0;
    std::int64_t signal = 0;
    bool timed_out = false;
    std::int64_t duration_ms = 0;
    std::string detail;
};
struct QueryReply {
    StepState state = StepState::never;
    std::int64_t attempt = 0;
    std::optional<StepOutcome> outcome;  // when done
};

struct OutboxRecord {
    std::int64_t seq = 0;
    std::string envelope;                 // DSSE text
    std::optional<std::string> out, err;  // a finished step's output, at most 64 KiB each
};
struct RecordsReply {
    std::vector<OutboxRecord> records;
};
struct ReceiptsReply {
    std::int64_t acked_to = 0;  // every record up to this one has left the outbox
};

using Reply = std::variant<Hello, ProveReply, Done, TrustUpdateReply, ExecuteReply, QueryReply, RecordsReply,
                           ReceiptsReply>;

// ---- events ----

struct RecordsEvent {};  // new records are there to fetch
struct StateEvent {};    // what hello says has changed: ask again
struct ProbeEvent {      // make this HTTP GET and answer with probe_result
    std::string id;
    std::string url;
    std::int64_t timeout_ms = 0;
};
using Event = std::variant<RecordsEvent, ProbeEvent, StateEvent>;

// ---- text ----

[[nodiscard]] std::string encode_request(std::int64_t id, const Request& request);
[[nodiscard]] std::string encode_reply(std::int64_t id, const Reply& reply);
[[nodiscard]] std::string encode_error(std::int64_t id, const Error& error);
[[nodiscard]] std::string encode_event(const Event& event);

struct NumberedRequest {
    std::int64_t id = 0;
    Request request;  // an ExecuteRequest without its descriptors, which the channel adds
};
// Errors: invalid_argument.
[[nodiscard]] Result<NumberedRequest> decode_request(std::string_view text);

struct NumberedReply {
    std::int64_t id = 0;
    Result<json::Json> body;  // the "ok" object, or the error that the server answered
};
using FromServer = std::variant<NumberedReply, Event>;
// Errors: invalid_argument.
[[nodiscard]] Result<FromServer> decode_from_server(std::string_view text);

// The typed reply inside an "ok" object. Errors: invalid_argument.
template <class T>
[[nodiscard]] Result<T> decode_reply(const json::Json& ok);
template <>
Result<Hello> decode_reply(const json::Json& ok);
template <>
Result<ProveReply> decode_reply(const json::Json& ok);
template <>
Result<Done> decode_reply(const json::Json& ok);
template <>
Result<TrustUpdateReply> decode_reply(const json::Json& ok);
template <>
Result<ExecuteReply> decode_reply(const json::Json& ok);
template <>
Result<QueryReply> decode_reply(const json::Json& ok);
template <>
Result<RecordsReply> decode_reply(const json::Json& ok);
template <>
Result<ReceiptsReply> decode_reply(const json::Json& ok);

}  // namespace signalbox::ipc
