// SPDX-License-Identifier: Apache-2.0
#include "agent/ipc/messages.hpp"
#include "common/crypto/encoding.hpp"

namespace signalbox::ipc {
namespace {

using json::Json;

std::string base64(std::string_view text) {
    return crypto::to_base64(as_bytes(text));
}

Json hashes(const std::vector<crypto::Digest>& digests) {
    Json array = Json::array();
    for (const auto& digest : digests) array.push_back(crypto::to_base64(digest.view()));
    return array;
}

// One overload a message: its members, without "id" and "op".
struct RequestMembers {
    Json operator()(const HelloRequest&) const { return {{"op", "hello"}}; }
    Json operator()(const ProveRequest& r) const {
        return {{"op", "prove"},
                {"csr_sha256", r.csr_sha256.hex()},
                {"join_id", r.join_id},
                {"environment", r.environment},
                {"host", r.host}};
    }
    Json operator()(const ReturnRequest& r) const {
        return {{"op", "return"}, {"challenge", r.challenge}, {"csr_sha256", r.csr_sha256.hex()}};
    }
    Json operator()(const InstallIdentityRequest& r) const {
        return {{"op", "install_identity"}, {"agent_id", r.agent_id.str()}, {"trust", base64(r.trust)}};
    }
    Json operator()(const TrustUpdateRequest& r) const {
        return {{"op", "trust_update"}, {"trust", base64(r.trust)}};
    }
    Json operator()(const ExecuteRequest& r) const {
        Json secrets = Json::object();
        for (const auto& [name, sealed] : r.secrets) secrets[name] = crypto::to_base64(sealed);
        Json out = {{"op", "execute"},
                    {"token", r.token},
                    {"action", base64(r.action)},
                    {"approval", base64(r.approval)},
                    {"secrets", std::move(secrets)}};
        if (!r.standing.empty()) out["standing"] = base64(r.standing);
        if (!r.artifact_statement.empty()) out["artifact_statement"] = base64(r.artifact_statement);
        return out;
    }
    Json operator()(const WithdrawRequest& r) const {
        return {{"op", "withdraw"}, {"withdrawal", base64(r.withdrawal)}};
    }
    Json operator()(const QueryRequest& r) const {
        return {{"op", "query"}, {"approval_sha256", r.approval_sha256.hex()}, {"step_id", r.step_id.str()}};
    }
    Json operator()(const RecordsRequest& r) const {
        return {{"op", "records"}, {"after_seq", r.after_seq}, {"max", r.max}};
    }
    Json operator()(const ReceiptsRequest& r) const {
        Json items = Json::array();
        for (const auto& item : r.items)
            items.push_back({{"seq", item.seq}, {"index", item.index}, {"proof", hashes(item.proof)}});
        return {{"op", "receipts"},
                {"items", std::move(items)},
                {"checkpoint", r.checkpoint},
                {"consistency", hashes(r.consistency)}};
    }
    Json operator()(const ProbeResultRequest& r) const {
        return {{"op", "probe_result"}, {"probe", r.id},          {"ok", r.ok},
                {"status", r.status},   {"body", base64(r.body)}, {"error", r.error}};
    }
};

struct ReplyMembers {
    Json operator()(const Hello& r) const {
        Json identity = nullptr;
        if (r.identity)
            identity = {{"agent_id", r.identity->agent_id.str()},
                        {"cluster_id", r.identity->cluster_id.str()},
                        {"environment", r.identity->environment},
                        {"host", r.identity->host}};
        Json pinned = nullptr;
        if (r.pinned)
            pinned = {{"origin", r.pinned->origin},
                      {"size", r.pinned->size},
                      {"root", crypto::to_base64(r.pinned->root.view())}};
        Json expires = nullptr;
        if (r.trust_expires) expires = to_rfc3339(*r.trust_expires);
        return {{"version", r.version},
                {"initialised", r.initialised},
                {"identity", std::move(identity)},
                {"record_public", r.record_public},
                {"sealing_public", crypto::to_base64(r.sealing_public)},
                {"sealing_proof", crypto::to_base64(r.sealing_proof)},
                {"nonce", r.nonce},
                {"trust_version", r.trust_version},
                {"trust_expires", std::move(expires)},
                {"boot_id", r.boot_id},
                {"next_seq", r.next_seq},
                {"oldest_seq", r.oldest_seq},
                {"pinned", std::move(pinned)},
                {"time_floor", to_rfc3339(r.time_floor)},
                {"problem", r.problem}};
    }
    Json operator()(const ProveReply& r) const {
        Json out = {{"signature", crypto::to_base64(r.signature)}};
        if (!r.key_changes.empty()) out["key_changes"] = r.key_changes;
        return out;
    }
    Json operator()(const Done&) const { return Json::object(); }
    Json operator()(const TrustUpdateReply& r) const { return {{"version", r.version}}; }
    Json operator()(const ExecuteReply& r) const {
        if (r.admitted) return {{"admitted", true}, {"jti", r.jti}};
        return {{"admitted", false}, {"refusal", r.refusal}, {"number", r.number}, {"detail", r.detail}};
    }
    Json operator()(const QueryReply& r) const {
        Json outcome = nullptr;
        if (r.outcome)
            outcome = {{"code", r.outcome->code},
                       {"exit_status", r.outcome->exit_status},
                       {"signal", r.outcome->signal},
                       {"timed_out", r.outcome->timed_out},
                       {"duration_ms", r.outcome->duration_ms},
                       {"detail", r.outcome->detail}};
        return {{"state", to_string(r.state)}, {"attempt", r.attempt}, {"outcome", std::move(outcome)}};
    }
    Json operator()(const RecordsReply& r) const {
        Json records = Json::array();
        for (const auto& record : r.records) {
            Json item = {{"seq", record.seq}, {"envelope", record.envelope}};
            if (record.out) item["stdout"] = base64(*record.out);
            if (record.err) item["stderr"] = base64(*record.err);
            records.push_back(std::move(item));
        }
        return {{"records", std::move(records)}};
    }
    Json operator()(const ReceiptsReply& r) const { return {{"acked_to", r.acked_to}}; }
};

struct EventMembers {
    Json operator()(const RecordsEvent&) const { return {{"event", "records"}}; }
    Json operator()(const StateEvent&) const { return {{"event", "state"}}; }
    Json operator()(const ProbeEvent& e) const {
        return {{"event", "probe"}, {"id", e.id}, {"url", e.url}, {"timeout_ms", e.timeout_ms}};
    }
};

}  // namespace

std::string_view to_string(StepState state) {
    switch (state) {
        case StepState::never:
            return "never";
        case StepState::running:
            return "running";
        case StepState::done:
            return "done";
    }
    return "never";
}

std::string encode_request(std::int64_t id, const Request& request) {
    Json message = std::visit(RequestMembers{}, request);
    message["id"] = id;
    return json::canonical(message);
}

std::string encode_reply(std::int64_t id, const Reply& reply) {
    return json::canonical({{"id", id}, {"ok", std::visit(ReplyMembers{}, reply)}});
}

std::string encode_error(std::int64_t id, const Error& error) {
    return json::canonical({{"id", id},
                            {"error",
                             {{"code", signalbox::to_string(error.code())},
                              {"message", error.message()},
                              {"remedy", error.remedy()}}}});
}

std::string encode_event(const Event& event) {
    return json::canonical(std::visit(EventMembers{}, event));
}

}  // namespace signalbox::ipc
