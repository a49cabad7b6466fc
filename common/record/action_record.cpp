// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <utility>

#include "common/crypto/encoding.hpp"
#include "common/record/record.hpp"
#include "common/record/statement.hpp"

namespace signalbox::record {
namespace {

using json::Json;
using json::ObjectReader;

constexpr std::size_t kMaxDetail = 400;

// At most `limit` bytes, cut between characters and not inside one.
std::string clipped(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return std::string(text);
    std::size_t end = limit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return std::string(text.substr(0, end));
}

void put(Json& out, const char* key, const std::optional<crypto::Digest>& value) {
    if (value) out[key] = value->hex();
}
template <class T>
void put(Json& out, const char* key, const std::optional<T>& value) {
    if (value) out[key] = *value;
}

Json to_json(const Outcome& outcome) {
    return {{"code", outcome.code},
            {"exit_status", outcome.exit_status},
            {"signal", outcome.signal},
            {"timed_out", outcome.timed_out},
            {"duration_ms", outcome.duration_ms},
            {"detail", clipped(outcome.detail, kMaxDetail)}};
}

Json to_json(const SeenCheckpoint& seen) {
    return {{"origin", seen.origin}, {"size", seen.size}, {"root", crypto::to_base64(seen.root.view())}};
}

Json to_json(const NextKey& next) {
    return {{"key", next.key.paserk()}, {"proof", crypto::to_base64(next.proof)}};
}

Json predicate_of(const ActionRecord& record) {
    Json out = {{"cluster_id", record.cluster_id.str()},
                {"agent_id", record.agent_id.str()},
                {"boot_id", record.boot_id},
                {"seq", record.seq},
                {"prev", record.prev.hex()},
                {"time_wall", to_rfc3339(record.time_wall)},
                {"time_boot_ns", record.time_boot_ns},
                {"kind", to_string(record.kind)}};
    put(out, "jti", record.jti);
    put(out, "token_sha256", record.token_sha256);
    put(out, "approval_sha256", record.approval_sha256);
    if (record.step_id) out["step_id"] = record.step_id->str();
    put(out, "attempt", record.attempt);
    put(out, "action_sha256", record.action_sha256);
    if (record.outcome) out["outcome"] = to_json(*record.outcome);
    put(out, "stdout_sha256", record.stdout_sha256);
    put(out, "stderr_sha256", record.stderr_sha256);
    put(out, "stdout_len", record.stdout_len);
    put(out, "stderr_len", record.stderr_len);
    put(out, "before_sha256", record.before_sha256);
    put(out, "after_sha256", record.after_sha256);
    if (record.seen_checkpoint) out["seen_checkpoint"] = to_json(*record.seen_checkpoint);
    if (record.next_key) out["next_key"] = to_json(*record.next_key);
    return out;
}

crypto::Digest subject_digest(const ActionRecord& record) {
    return record.action_sha256 ? *record.action_sha256 : crypto::sha256("");
}

Status get(ObjectReader& reader, std::string_view key, std::optional<std::string>& out) {
    if (reader.optional(key) == nullptr) return {};
    SB_TRY(out, reader.string(key));
    return {};
}
Status get(ObjectReader& reader, std::string_view key, std::optional<std::int64_t>& out) {
    if (reader.optional(key) == nullptr) return {};
    SB_TRY(out, reader.integer(key));
    if (*out < 0) return Error{Code::invalid_argument, reader.path_of(key) + " is negative"};
    return {};
}
Status get(ObjectReader& reader, std::string_view key, std::optional<crypto::Digest>& out) {
    std::optional<std::string> hex;
    SB_CHECK(get(reader, key, hex));
    if (hex) {
        SB_TRY(out, crypto::parse_digest(*hex).with_context(reader.path_of(key)));
    }
    return {};
}

Result<Outcome> parse_outcome(ObjectReader reader) {
    Outcome outcome;
    SB_TRY(outcome.code, reader.string("code"));
    SB_TRY(outcome.exit_status, reader.integer("exit_status"));
    SB_TRY(outcome.signal, reader.integer("signal"));
    SB_TRY(outcome.timed_out, reader.boolean("timed_out"));
    SB_TRY(outcome.duration_ms, reader.integer("duration_ms"));
    SB_TRY(outcome.detail, reader.string("detail"));
    SB_CHECK(reader.finish());
    if (outcome.code.empty() || outcome.detail.size() > 3 * kMaxDetail) {
        return Error{Code::invalid_argument, reader.path() + " has no code, or a detail that is too long"};
    }
    return outcome;
}

Result<SeenCheckpoint> parse_seen(ObjectReader reader) {
    SeenCheckpoint seen;
    SB_TRY(seen.origin, reader.string("origin"));
    SB_TRY(seen.size, reader.integer("size"));
    SB_TRY(const std::string root, reader.string("root"));
    SB_CHECK(reader.finish());
    SB_TRY(const Bytes raw, crypto::from_base64(root).with_context(reader.path_of("root")));
    SB_TRY(seen.root, crypto::digest_from_bytes(raw).with_context(reader.path_of("root")));
    if (seen.size < 0) return Error{Code::invalid_argument, reader.path_of("size") + " is negative"};
    return seen;
}

Result<NextKey> parse_next_key(ObjectReader reader) {
    SB_TRY(const std::string text, reader.string("key"));
    SB_TRY(const std::string proof, reader.string("proof"));
    SB_CHECK(reader.finish());
    SB_TRY(const crypto::PublicKey key,
           crypto::PublicKey::from_paserk(text).with_context(reader.path_of("key")));
    SB_TRY(const Bytes raw, crypto::from_base64(proof).with_context(reader.path_of("proof")));
    SB_TRY(const crypto::Signature signature,
           crypto::signature_from_bytes(raw).with_context(reader.path_of("proof")));
    return NextKey{key, signature};
}

Status read_required(ObjectReader& reader, ActionRecord& record) {
    SB_TRY(std::string cluster, reader.string("cluster_id"));
    SB_TRY(std::string agent, reader.string("agent_id"));
    record.cluster_id = ClusterId{std::move(cluster)};
    record.agent_id = AgentId{std::move(agent)};
    SB_TRY(record.boot_id, reader.string("boot_id"));
    SB_TRY(record.seq, reader.integer("seq"));
    if (record.seq < 1) return Error{Code::invalid_argument, reader.path_of("seq") + " must be at least 1"};
    SB_TRY(const std::string prev, reader.string("prev"));
    SB_TRY(record.prev, crypto::parse_digest(prev).with_context(reader.path_of("prev")));
    SB_TRY(const std::string wall, reader.string("time_wall"));
    SB_TRY(record.time_wall, parse_rfc3339(wall).with_context(reader.path_of("time_wall")));
    SB_TRY(record.time_boot_ns, reader.integer("time_boot_ns"));
    SB_TRY(const std::string kind, reader.string("kind"));
    SB_TRY(record.kind, parse_kind(kind).with_context(reader.path_of("kind")));
    return {};
}

Status read_optional(ObjectReader& reader, ActionRecord& record) {
    SB_CHECK(get(reader, "jti", record.jti));
    SB_CHECK(get(reader, "token_sha256", record.token_sha256));
    SB_CHECK(get(reader, "approval_sha256", record.approval_sha256));
    std::optional<std::string> step;
    SB_CHECK(get(reader, "step_id", step));
    if (step) record.step_id = StepId{*std::move(step)};
    SB_CHECK(get(reader, "attempt", record.attempt));
    SB_CHECK(get(reader, "action_sha256", record.action_sha256));
    if (reader.optional("outcome") != nullptr) {
        SB_TRY(auto inner, reader.object("outcome"));
        SB_TRY(record.outcome, parse_outcome(std::move(inner)));
    }
    SB_CHECK(get(reader, "stdout_sha256", record.stdout_sha256));
    SB_CHECK(get(reader, "stderr_sha256", record.stderr_sha256));
    SB_CHECK(get(reader, "stdout_len", record.stdout_len));
    SB_CHECK(get(reader, "stderr_len", record.stderr_len));
    SB_CHECK(get(reader, "before_sha256", record.before_sha256));
    SB_CHECK(get(reader, "after_sha256", record.after_sha256));
    if (reader.optional("seen_checkpoint") != nullptr) {
        SB_TRY(auto inner, reader.object("seen_checkpoint"));
        SB_TRY(record.seen_checkpoint, parse_seen(std::move(inner)));
    }
    if (reader.optional("next_key") != nullptr) {
        SB_TRY(auto inner, reader.object("next_key"));
        SB_TRY(record.next_key, parse_next_key(std::move(inner)));
    }
    if (record.next_key.has_value() != (record.kind == Kind::key_rotated)) {
        return Error{Code::invalid_argument,
                     reader.path_of("next_key") + " belongs to key_rotated, and to nothing else"};
    }
    return {};
}

Result<ActionRecord> parse(std::string_view payload) {
    SB_TRY(const Statement statement, parse_statement(payload, kMaxRecordBytes));
    if (statement.predicate_type != kActionPredicate) {
        return Error{Code::invalid_argument,
                     fmt::format("'{:.80}' is not the predicate of an action", statement.predicate_type)};
    }
    SB_TRY(auto reader, ObjectReader::open(statement.predicate, "$.predicate"));
    ActionRecord record;
    SB_CHECK(read_required(reader, record));
    SB_CHECK(read_optional(reader, record));
    SB_CHECK(reader.finish());
    if (statement.subject != "agent/" + record.agent_id.str() || statement.digest != subject_digest(record)) {
        return Error{Code::invalid_argument, "$.subject does not agree with the predicate"};
    }
    return record;
}

}  // namespace

std::string serialize(const ActionRecord& record) {
    return serialize(Statement{"agent/" + record.agent_id.str(), subject_digest(record),
                               std::string(kActionPredicate), predicate_of(record)});
}

Result<ActionRecord> parse_action_record(std::string_view payload) {
    return parse(payload).with_context("action record");
}

std::string rotation_message(const ClusterId& cluster, const AgentId& agent, const crypto::KeyId& before,
                             const crypto::KeyId& next) {
    return fmt::format("signalbox/rotate/v1\n{}\n{}\n{}\n{}", cluster.str(), agent.str(), before.str(),
                       next.str());
}

Result<crypto::PublicKey> rotated_to(const ActionRecord& record, const crypto::PublicKey& before) {
    if (!record.next_key || record.next_key->key == before)
        return Error{Code::refused, "it names no other record key"};
    const crypto::PublicKey& next = record.next_key->key;
    const std::string said = rotation_message(record.cluster_id, record.agent_id, before.id(), next.id());
    if (!next.verify(as_bytes(said), record.next_key->proof))
        return Error{Code::refused,
                     fmt::format("the next record key {} did not sign that it is", next.id().str())};
    return next;
}

std::string seal(const ActionRecord& record, const crypto::SigningKey& record_key) {
    return seal_payload(serialize(record), record_key);
}

}  // namespace signalbox::record
