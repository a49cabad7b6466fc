// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/wire.hpp"

#include <algorithm>
#include <limits>

namespace signalbox::fleet {
namespace {

std::string raw(const crypto::Digest& digest) {
    return to_text(digest.view());
}

// A number from the other side that does not fit is taken as the largest: it is judged later, not wrapped.
std::int64_t clamp(std::uint64_t value) {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(value, kMax));
}

}  // namespace

v1::ControllerMessage to_message(const ledger::AgentReceipts& receipts) {
    v1::ControllerMessage message;
    v1::Receipts& out = *message.mutable_receipts();
    for (const ledger::Receipt& receipt : receipts.receipts) {
        v1::Receipt& item = *out.add_receipts();
        item.set_seq(static_cast<std::uint64_t>(receipt.seq));
        item.set_index(receipt.index);
        for (const merkle::Hash& hash : receipt.proof) item.add_proof(raw(hash));
    }
    out.set_checkpoint(receipts.checkpoint.note);
    out.set_from_size(receipts.from_size);
    for (const merkle::Hash& hash : receipts.consistency) out.add_consistency(raw(hash));
    return message;
}

v1::ControllerMessage to_message(const dispatch::ExecuteOrder& order) {
    v1::ControllerMessage message;
    v1::Execute& out = *message.mutable_execute();
    out.set_dispatch_id(order.dispatch_id);
    out.set_token(order.token);
    out.set_action(order.action);
    out.set_approval(order.approval);
    if (!order.standing.empty()) out.set_standing(order.standing);
    if (!order.artifact_statement.empty()) out.set_artifact_statement(order.artifact_statement);
    for (const dispatch::ArtifactRef& artifact : order.artifacts) {
        v1::ArtifactRef& ref = *out.add_artifacts();
        ref.set_sha256(artifact.sha256.hex());
        ref.set_size(static_cast<std::uint64_t>(artifact.size));
    }
    for (const auto& [name, sealed] : order.secrets) (*out.mutable_secrets())[name] = to_text(sealed);
    return message;
}

v1::ControllerMessage to_message(const dispatch::QueryOrder& order) {
    v1::ControllerMessage message;
    v1::Query& out = *message.mutable_query();
    out.set_dispatch_id(order.dispatch_id);
    out.set_approval_sha256(order.approval_sha256.hex());
    out.set_step_id(order.step_id.str());
    return message;
}

std::vector<IncomingRecord> from_message(v1::Records records) {
    std::vector<IncomingRecord> out;
    out.reserve(static_cast<std::size_t>(records.records_size()));
    for (v1::Record& record : *records.mutable_records()) {
        out.push_back({clamp(record.seq()), std::move(*record.mutable_envelope()),
                       std::move(*record.mutable_stdout()), std::move(*record.mutable_stderr())});
    }
    return out;
}

dispatch::ExecuteAnswer from_message(const v1::ExecuteResult& result) {
    return {result.dispatch_id(), result.admitted(), result.admitted() ? std::string() : result.refusal(),
            result.detail()};
}

dispatch::QueryAnswer from_message(const v1::QueryResult& result) {
    dispatch::QueryAnswer answer;
    answer.dispatch_id = result.dispatch_id();
    switch (result.state()) {
        case v1::QueryResult::STATE_NEVER:
            answer.state = dispatch::QueryState::never;
            break;
        case v1::QueryResult::STATE_RUNNING:
            answer.state = dispatch::QueryState::running;
            break;
        case v1::QueryResult::STATE_DONE:
            answer.state = dispatch::QueryState::done;
            break;
        default:
            answer.state = dispatch::QueryState::unavailable;  // what we do not understand is not an answer
    }
    answer.attempt = static_cast<int>(std::min<std::uint32_t>(result.attempt(), 1U << 20));
    answer.outcome_code = result.outcome_code();
    return answer;
}

}  // namespace signalbox::fleet
