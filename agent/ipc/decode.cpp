// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "agent/ipc/frame.hpp"
#include "agent/ipc/messages.hpp"
#include "common/crypto/encoding.hpp"

namespace signalbox::ipc {
namespace {

using json::Json;
using json::ObjectReader;

constexpr std::size_t kMaxProofHashes = 64;
constexpr std::size_t kMaxReceipts = 4096;

Result<Json> parse_message(std::string_view text) {
    json::Limits limits;
    limits.max_bytes = kMaxFrameBytes;
    return json::parse(text, limits);
}

Result<std::string> base64_text(ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string encoded, reader.string(key));
    auto bytes = crypto::from_base64(encoded);
    if (!bytes) return std::move(bytes).error().with_context(reader.path_of(key));
    return to_text(*bytes);
}

Result<crypto::Digest> hex_digest(ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string hex, reader.string(key));
    return crypto::parse_digest(hex).with_context(reader.path_of(key));
}

Result<crypto::Digest> base64_digest(const std::string& encoded) {
    SB_TRY(const Bytes bytes, crypto::from_base64(encoded));
    return crypto::digest_from_bytes(bytes);
}

Result<std::vector<crypto::Digest>> hashes(ObjectReader& reader, std::string_view key) {
    SB_TRY(const auto encoded, reader.strings(key));
    if (encoded.size() > kMaxProofHashes)
        return Error(Code::invalid_argument, fmt::format("{} has {} hashes, more than any proof",
                                                         reader.path_of(key), encoded.size()));
    std::vector<crypto::Digest> out;
    out.reserve(encoded.size());
    for (const auto& text : encoded) {
        auto digest = base64_digest(text);
        if (!digest) return std::move(digest).error().with_context(reader.path_of(key));
        out.push_back(*digest);
    }
    return out;
}

Result<Instant> instant(ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string text, reader.string(key));
    return parse_rfc3339(text).with_context(reader.path_of(key));
}

// Null and absent mean the same: nothing.
const Json* present(ObjectReader& reader, std::string_view key) {
    const Json* value = reader.optional(key);
    return value == nullptr || value->is_null() ? nullptr : value;
}

Result<Request> read_prove(ObjectReader& r) {
    ProveRequest out;
    SB_TRY(out.csr_sha256, hex_digest(r, "csr_sha256"));
    SB_TRY(out.join_id, r.string("join_id"));
    SB_TRY(out.environment, r.string("environment"));
    SB_TRY(out.host, r.string("host"));
    return Request(std::move(out));
}

Result<Request> read_return(ObjectReader& r) {
    ReturnRequest out;
    SB_TRY(out.challenge, r.string("challenge"));
    SB_TRY(out.csr_sha256, hex_digest(r, "csr_sha256"));
    return Request(std::move(out));
}

Result<Request> read_install_identity(ObjectReader& r) {
    InstallIdentityRequest out;
    SB_TRY(std::string agent_id, r.string("agent_id"));
    out.agent_id = AgentId(std::move(agent_id));
    SB_TRY(out.trust, base64_text(r, "trust"));
    return Request(std::move(out));
}

Result<Request> read_trust_update(ObjectReader& r) {
    TrustUpdateRequest out;
    SB_TRY(out.trust, base64_text(r, "trust"));
    return Request(std::move(out));
}

Result<Request> read_execute(ObjectReader& r) {
    ExecuteRequest out;
    SB_TRY(out.token, r.string("token"));
    SB_TRY(out.action, base64_text(r, "action"));
    SB_TRY(out.approval, base64_text(r, "approval"));
    SB_TRY(auto secrets, r.object("secrets"));
    for (const auto& [name, sealed] : r.optional("secrets")->items()) {
        SB_TRY(const std::string bytes, base64_text(secrets, name));
        out.secrets.emplace(name, to_bytes(bytes));
    }
    if (present(r, "standing") != nullptr) {
        SB_TRY(out.standing, base64_text(r, "standing"));
    }
    if (present(r, "artifact_statement") != nullptr) {
        SB_TRY(out.artifact_statement, base64_text(r, "artifact_statement"));
    }
    return Request(std::move(out));
}

Result<Request> read_withdraw(ObjectReader& r) {
    WithdrawRequest out;
    SB_TRY(out.withdrawal, base64_text(r, "withdrawal"));
    return Request(std::move(out));
}

Result<Request> read_query(ObjectReader& r) {
    QueryRequest out;
    SB_TRY(out.approval_sha256, hex_digest(r, "approval_sha256"));
    SB_TRY(std::string step, r.string("step_id"));
    out.step_id = StepId(std::move(step));
    return Request(std::move(out));
}

Result<Request> read_records(ObjectReader& r) {
    RecordsRequest out;
    SB_TRY(out.after_seq, r.integer("after_seq"));
    SB_TRY(out.max, r.integer("max"));
    return Request(out);
}

Result<Request> read_receipts(ObjectReader& r) {
    ReceiptsRequest out;
    SB_TRY(const Json::array_t* items, r.array("items"));
    if (items->size() > kMaxReceipts)
        return Error(Code::invalid_argument,
                     fmt::format("{} has more than {} receipts", r.path_of("items"), kMaxReceipts));
    for (std::size_t i = 0; i < items->size(); ++i) {
        SB_TRY(auto item, ObjectReader::open((*items)[i], r.path_of("items", i)));
        Receipt receipt;
        SB_TRY(receipt.seq, item.integer("seq"));
        SB_TRY(receipt.index, item.integer("index"));
        SB_TRY(receipt.proof, hashes(item, "proof"));
        SB_CHECK(item.finish());
        out.items.push_back(std::move(receipt));
    }
    SB_TRY(out.checkpoint, r.string("checkpoint"));
    SB_TRY(out.consistency, hashes(r, "consistency"));
    return Request(std::move(out));
}

Result<Request> read_probe_result(ObjectReader& r) {
    ProbeResultRequest out;
    SB_TRY(out.id, r.string("probe"));
    SB_TRY(out.ok, r.boolean("ok"));
    SB_TRY(out.status, r.integer("status"));
    SB_TRY(out.body, base64_text(r, "body"));
    SB_TRY(out.error, r.string("error"));
    return Request(std::move(out));
}

Result<Request> read_request(const std::string& op, ObjectReader& reader) {
    if (op == "hello") return Request(HelloRequest{});
    if (op == "prove") return read_prove(reader);
    if (op == "return") return read_return(reader);
    if (op == "install_identity") return read_install_identity(reader);
    if (op == "trust_update") return read_trust_update(reader);
    if (op == "execute") return read_execute(reader);
    if (op == "withdraw") return read_withdraw(reader);
    if (op == "query") return read_query(reader);
    if (op == "records") return read_records(reader);
    if (op == "receipts") return read_receipts(reader);
    if (op == "probe_result") return read_probe_result(reader);
    return Error(Code::invalid_argument, fmt::format("unknown op '{:.40}'", op),
                 "Install agent and executor of one version.");
}

Result<Event> read_event(ObjectReader& reader) {
    SB_TRY(const std::string name, reader.string("event"));
    if (name == "records") {
        SB_CHECK(reader.finish());
        return Event(RecordsEvent{});
    }
    if (name == "state") {
        SB_CHECK(reader.finish());
        return Event(StateEvent{});
    }
    if (name == "probe") {
        ProbeEvent probe;
        SB_TRY(probe.id, reader.string("id"));
        SB_TRY(probe.url, reader.string("url"));
        SB_TRY(probe.timeout_ms, reader.integer("timeout_ms"));
        SB_CHECK(reader.finish());
        return Event(std::move(probe));
    }
    return Error(Code::invalid_argument, fmt::format("unknown event '{:.40}'", name));
}

Code code_of(std::string_view text) {
    constexpr std::array kCodes = {Code::invalid_argument,   Code::not_found,
                                   Code::already_exists,     Code::permission_denied,
                                   Code::unauthenticated,    Code::failed_precondition,
                                   Code::conflict,           Code::refused,
                                   Code::unavailable,        Code::deadline_exceeded,
                                   Code::resource_exhausted, Code::data_loss,
                                   Code::cancelled,          Code::internal};
    for (const Code code : kCodes)
        if (signalbox::to_string(code) == text) return code;
    return Code::internal;
}

}  // namespace

Result<NumberedRequest> decode_request(std::string_view text) {
    SB_TRY(const Json message, parse_message(text));
    SB_TRY(auto reader, ObjectReader::open(message));
    NumberedRequest out;
    SB_TRY(out.id, reader.integer("id"));
    SB_TRY(const std::string op, reader.string("op"));
    SB_TRY(out.request, read_request(op, reader));
    SB_CHECK(reader.finish());
    return out;
}

Result<FromServer> decode_from_server(std::string_view text) {
    SB_TRY(const Json message, parse_message(text));
    SB_TRY(auto reader, ObjectReader::open(message));
    if (message.contains("event")) {
        SB_TRY(Event event, read_event(reader));
        return FromServer(std::move(event));
    }
    SB_TRY(const std::int64_t id, reader.integer("id"));
    if (const Json* failed = reader.optional("error")) {
        SB_CHECK(reader.finish());
        SB_TRY(auto parts, ObjectReader::open(*failed, "$.error"));
        SB_TRY(const std::string code, parts.string("code"));
        SB_TRY(std::string what, parts.string("message"));
        SB_TRY(std::string remedy, parts.string("remedy"));
        SB_CHECK(parts.finish());
        return FromServer(NumberedReply{id, Error(code_of(code), std::move(what), std::move(remedy))});
    }
    SB_TRY(const Json* ok, reader.raw("ok"));
    SB_CHECK(reader.finish());
    return FromServer(NumberedReply{id, Json(*ok)});
}

template <>
Result<Hello> decode_reply<Hello>(const Json& ok) {
    SB_TRY(auto r, ObjectReader::open(ok));
    Hello out;
    SB_TRY(out.version, r.string("version"));
    SB_TRY(out.initialised, r.boolean("initialised"));
    if (const Json* value = present(r, "identity")) {
        SB_TRY(auto i, ObjectReader::open(*value, "$.identity"));
        SB_TRY(std::string agent_id, i.string("agent_id"));
        SB_TRY(std::string cluster_id, i.string("cluster_id"));
        Identity identity{AgentId(std::move(agent_id)), ClusterId(std::move(cluster_id)), {}, {}};
        SB_TRY(identity.environment, i.string("environment"));
        SB_TRY(identity.host, i.string("host"));
        SB_CHECK(i.finish());
        out.identity = std::move(identity);
    }
    SB_TRY(out.record_public, r.string("record_public"));
    SB_TRY(const std::string sealing, base64_text(r, "sealing_public"));
    out.sealing_public = to_bytes(sealing);
    SB_TRY(const std::string proof, base64_text(r, "sealing_proof"));
    SB_TRY(out.sealing_proof, crypto::signature_from_bytes(as_bytes(proof)));
    SB_TRY(out.nonce, r.string("nonce"));
    SB_TRY(out.trust_version, r.integer("trust_version"));
    if (present(r, "trust_expires") != nullptr) {
        SB_TRY(out.trust_expires, instant(r, "trust_expires"));
    }
    SB_TRY(out.boot_id, r.string("boot_id"));
    SB_TRY(out.next_seq, r.integer("next_seq"));
    SB_TRY(out.oldest_seq, r.integer("oldest_seq"));
    if (const Json* value = present(r, "pinned")) {
        SB_TRY(auto p, ObjectReader::open(*value, "$.pinned"));
        Pinned pinned;
        SB_TRY(pinned.origin, p.string("origin"));
        SB_TRY(pinned.size, p.integer("size"));
        SB_TRY(const std::string root, p.string("root"));
        SB_TRY(pinned.root, base64_digest(root));
        SB_CHECK(p.finish());
        out.pinned = std::move(pinned);
    }
    SB_TRY(out.time_floor, instant(r, "time_floor"));
    SB_TRY(out.problem, r.string("problem"));
    SB_CHECK(r.finish());
    return out;
}

template <>
Result<ProveReply> decode_reply<ProveReply>(const Json& ok) {
    SB_TRY(auto r, ObjectReader::open(ok));
    SB_TRY(const std::string encoded, r.string("signature"));
    ProveReply out;
    if (r.optional("key_changes") != nullptr) {
        SB_TRY(out.key_changes, r.strings("key_changes"));
    }
    SB_CHECK(r.finish());
    SB_TRY(const Bytes bytes, crypto::from_base64(encoded));
    SB_TRY(out.signature, crypto::signature_from_bytes(bytes));
    return out;
}

template <>
Result<Done> decode_reply<Done>(const Json& ok) {
    SB_TRY(const auto r, ObjectReader::open(ok));
    SB_CHECK(r.finish());
    return Done{};
}

template <>
Result<TrustUpdateReply> decode_reply<TrustUpdateReply>(const Json& ok) {
    SB_TRY(auto r, ObjectReader::open(ok));
    TrustUpdateReply out;
    SB_TRY(out.version, r.integer("version"));
    SB_CHECK(r.finish());
    return out;
}

template <>
Result<ExecuteReply> decode_reply<ExecuteReply>(const Json& ok) {
    SB_TRY(auto r, ObjectReader::open(ok));
    ExecuteReply out;
    SB_TRY(out.admitted, r.boolean("admitted"));
    if (out.admitted) {
        SB_TRY(out.jti, r.string("jti"));
    } else {
        SB_TRY(out.refusal, r.string("refusal"));
        SB_TRY(out.number, r.integer("number"));
        SB_TRY(out.detail, r.string("detail"));
    }
    SB_CHECK(r.finish());
    return out;
}

template <>
Result<QueryReply> decode_reply<QueryReply>(const Json& ok) {
    SB_TRY(auto r, ObjectReader::open(ok));
    QueryReply out;
    SB_TRY(const std::string state, r.string("state"));
    if (state == "running")
        out.state = StepState::running;
    else if (state == "done")
        out.state = StepState::done;
    else if (state != "never")
        return Error(Code::invalid_argument, fmt::format("unknown step state '{:.40}'", state));
    SB_TRY(out.attempt, r.integer("attempt"));
    if (const Json* value = present(r, "outcome")) {
        SB_TRY(auto o, ObjectReader::open(*value, "$.outcome"));
        StepOutcome outcome;
        SB_TRY(outcome.code, o.string("code"));
        SB_TRY(outcome.exit_status, o.integer("exit_status"));
        SB_TRY(outcome.signal, o.integer("signal"));
        SB_TRY(outcome.timed_out, o.boolean("timed_out"));
        SB_TRY(outcome.duration_ms, o.integer("duration_ms"));
        SB_TRY(outcome.detail, o.string("detail"));
        SB_CHECK(o.finish());
        out.outcome = std::move(outcome);
    }
    SB_CHECK(r.finish());
    return out;
}

template <>
Result<RecordsReply> decode_reply<RecordsReply>(const Json& ok) {
    SB_TRY(auto r, ObjectReader::open(ok));
    SB_TRY(const Json::array_t* items, r.array("records"));
    SB_CHECK(r.finish());
    RecordsReply out;
    for (std::size_t i = 0; i < items->size(); ++i) {
        SB_TRY(auto item, ObjectReader::open((*items)[i], r.path_of("records", i)));
        OutboxRecord record;
        SB_TRY(record.seq, item.integer("seq"));
        SB_TRY(record.envelope, item.string("envelope"));
        if (present(item, "stdout") != nullptr) {
            SB_TRY(record.out, base64_text(item, "stdout"));
        }
        if (present(item, "stderr") != nullptr) {
            SB_TRY(record.err, base64_text(item, "stderr"));
        }
        SB_CHECK(item.finish());
        out.records.push_back(std::move(record));
    }
    return out;
}

template <>
Result<ReceiptsReply> decode_reply<ReceiptsReply>(const Json& ok) {
    SB_TRY(auto r, ObjectReader::open(ok));
    ReceiptsReply out;
    SB_TRY(out.acked_to, r.integer("acked_to"));
    SB_CHECK(r.finish());
    return out;
}

}  // namespace signalbox::ipc
