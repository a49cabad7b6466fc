// SPDX-License-Identifier: Apache-2.0
#include "agent/link/wire.hpp"

#include <fmt/format.h>

#include <limits>

#include "common/crypto/keys.hpp"

namespace signalbox::link {
namespace {

Result<std::int64_t> signed_of(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return Error(Code::invalid_argument, fmt::format("the controller sent the number {}", value));
    }
    return static_cast<std::int64_t>(value);
}

Result<std::vector<crypto::Digest>> hashes(const google::protobuf::RepeatedPtrField<std::string>& raw) {
    std::vector<crypto::Digest> out;
    for (const std::string& item : raw) {
        SB_TRY(const crypto::Digest digest, crypto::digest_from_bytes(as_bytes(item)));
        out.push_back(digest);
    }
    return out;
}

}  // namespace

v1::AgentMessage hello_message(const Ourselves& ourselves, const Result<ipc::Hello>& executor) {
    v1::AgentMessage message;
    v1::Hello& out = *message.mutable_hello();
    out.set_agent_version(ourselves.version);
    out.set_hostname(ourselves.hostname);
    if (!executor) {
        out.set_executor_problem("the executor cannot be reached: " + executor.error().message());
        return message;
    }
    const ipc::Hello& in = *executor;
    out.set_executor_version(in.version);
    out.set_boot_id(in.boot_id);
    out.set_sealing_public(to_text(in.sealing_public));
    out.set_sealing_proof(to_text(in.sealing_proof));
    if (!in.identity || in.identity->agent_id != ourselves.agent_id) {
        out.set_executor_problem("the executor belongs to another enrolment: enrol this host again");
        return message;
    }
    out.set_executor_connected(true);
    out.set_executor_problem(in.problem);
    out.set_nonce(in.nonce);
    if (const auto key = crypto::PublicKey::from_paserk(in.record_public))
        out.set_record_kid(key->id().str());
    out.set_trust_version(static_cast<std::uint64_t>(in.trust_version));
    out.set_oldest_seq(static_cast<std::uint64_t>(in.oldest_seq));
    out.set_next_seq(static_cast<std::uint64_t>(in.next_seq));
    out.set_pinned_size(in.pinned ? static_cast<std::uint64_t>(in.pinned->size) : 0);
    return message;
}

v1::AgentMessage records_message(std::vector<ipc::OutboxRecord> records) {
    v1::AgentMessage message;
    for (ipc::OutboxRecord& record : records) {
        v1::Record& out = *message.mutable_records()->add_records();
        out.set_seq(static_cast<std::uint64_t>(record.seq));
        out.set_envelope(std::move(record.envelope));
        if (record.out) out.set_stdout(*std::move(record.out));
        if (record.err) out.set_stderr(*std::move(record.err));
    }
    return message;
}

v1::AgentMessage execute_message(const std::string& dispatch_id, const Result<ipc::ExecuteReply>& reply) {
    v1::AgentMessage message;
    v1::ExecuteResult& out = *message.mutable_execute_result();
    out.set_dispatch_id(dispatch_id);
    if (!reply) {
        out.set_refusal("unavailable");
        out.set_detail(reply.error().to_string());
        return message;
    }
    out.set_admitted(reply->admitted);
    out.set_refusal(reply->refusal);
    out.set_refusal_number(static_cast<std::uint32_t>(reply->number));
    out.set_detail(reply->detail);
    return message;
}

v1::AgentMessage query_message(const std::string& dispatch_id, const Result<ipc::QueryReply>& reply) {
    v1::AgentMessage message;
    v1::QueryResult& out = *message.mutable_query_result();
    out.set_dispatch_id(dispatch_id);
    out.set_state(v1::QueryResult::STATE_UNAVAILABLE);
    if (!reply) return message;
    switch (reply->state) {
        case ipc::StepState::never:
            out.set_state(v1::QueryResult::STATE_NEVER);
            break;
        case ipc::StepState::running:
            out.set_state(v1::QueryResult::STATE_RUNNING);
            break;
        case ipc::StepState::done:
            out.set_state(v1::QueryResult::STATE_DONE);
            break;
    }
    out.set_attempt(static_cast<std::uint32_t>(reply->attempt));
    if (reply->outcome) out.set_outcome_code(reply->outcome->code);
    return message;
}

Result<ipc::ReceiptsRequest> receipts_request(const v1::Receipts& receipts) {
    ipc::ReceiptsRequest out;
    for (const v1::Receipt& receipt : receipts.receipts()) {
        ipc::Receipt item;
        SB_TRY(item.seq, signed_of(receipt.seq()));
        SB_TRY(item.index, signed_of(receipt.index()));
        SB_TRY(item.proof, hashes(receipt.proof()));
        out.items.push_back(std::move(item));
    }
    out.checkpoint = receipts.checkpoint();
    SB_TRY(out.consistency, hashes(receipts.consistency()));
    return out;
}

Result<std::vector<fetch::Wanted>> artifacts_of(const v1::Execute& execute) {
    std::vector<fetch::Wanted> out;
    for (const v1::ArtifactRef& ref : execute.artifacts()) {
        SB_TRY(const crypto::Digest digest, crypto::parse_digest(ref.sha256()));
        out.push_back({digest, ref.size()});
    }
    return out;
}

}  // namespace signalbox::link
