// SPDX-License-Identifier: Apache-2.0
// The part of ReleaseService that hands out what people sign, and takes their signatures.
#include <fmt/format.h>

#include <algorithm>

#include "controller/release/dispatch/release_api.hpp"

namespace signalbox::dispatch {
namespace {

// Errors: data_loss.
Result<std::vector<v1::RoleProgress>> progress(const ApprovalDocument& document,
                                               const trust::TrustFile& trust) {
    SB_TRY(const trust::Approval approval, trust::parse_approval(document.payload));
    SB_TRY(const dsse::Envelope envelope, dsse::parse(document.envelope, trust::kMaxApprovalBytes));
    std::vector<v1::RoleProgress> out;
    for (const auto& [role, each] : trust::approval_progress(trust, approval, envelope)) {
        v1::RoleProgress item;
        item.set_role(role);
        item.set_have(static_cast<std::uint32_t>(each.have));
        item.set_need(static_cast<std::uint32_t>(each.need));
        out.push_back(std::move(item));
    }
    return out;
}

const crypto::PublicKey* approver_key(const trust::TrustFile& trust, const std::string& environment,
                                      const crypto::KeyId& kid) {
    for (const auto& [role, holders] : trust.approval_roles(environment)) {
        const auto* key = trust.key_in_role(fmt::format("approve/{}/{}", environment, role), kid);
        if (key != nullptr) return key;
    }
    return nullptr;
}

}  // namespace

Result<v1::GetApprovalsResponse> ReleaseApi::get_approvals(const access::Caller&,
                                                           const v1::GetApprovalsRequest& request) {
    const ReleaseId id(request.release_id());
    SB_TRY(const auto stored, parts_.store.load(id));
    if (!stored) {
        return Error(Code::not_found, fmt::format("there is no release '{:.100}'", id.str()),
                     "List them: signalbox release list");
    }
    v1::GetApprovalsResponse out;
    out.set_plan(stored->fixed.plan);
    for (const ApprovalDocument& document : stored->fixed.approvals) {
        v1::ApprovalDocument& item = *out.add_documents();
        item.set_environment(document.environment);
        item.set_payload(document.payload);
        item.set_envelope(document.envelope);
        item.set_standing(document.standing);
        item.set_artifact_statement(document.artifact_statement);
        const auto* withdrawal = parts_.engine.withdrawal_of(trust::approval_digest(document.payload));
        if (withdrawal != nullptr) item.set_withdrawal(withdrawal->envelope);
        if (parts_.trust.current() == nullptr) continue;
        SB_TRY(const auto roles, progress(document, *parts_.trust.current()));
        for (const v1::RoleProgress& role : roles) *item.add_roles() = role;
    }
    return out;
}

Result<v1::ApproveResponse> ReleaseApi::approve(const access::Caller& caller,
                                                const v1::ApproveRequest& request) {
    const ReleaseId id(request.release_id());
    const Loaded* release = parts_.engine.loaded(id);
    if (release == nullptr) {
        return Error(Code::failed_precondition,
                     fmt::format("there is no release '{:.100}' that has not ended", id.str()),
                     "List them: signalbox release list");
    }
    // With whichever key: whoever holds two people's keys is kept apart from them by the API key at least.
    if (caller.name == release->plan.requester) {
        return Error(
            Code::permission_denied,
            fmt::format("the requester, {:.100}, hands in no signature for this release", caller.name),
            "Ask an approver to sign with credentials of their own");
    }
    const ApprovalDocument* held = release->approval(request.environment());
    if (held == nullptr) {
        return Error(Code::not_found,
                     fmt::format("{} does not go to '{:.100}'", id.str(), request.environment()),
                     "Name an environment of its path");
    }
    const trust::TrustFile* trust = parts_.trust.current();
    if (trust == nullptr) {
        return Error(Code::failed_precondition, "no trust file says who may approve",
                     "Publish one: signalbox trust publish");
    }
    const crypto::KeyId kid(request.kid());
    SB_TRY(const trust::Approval approval, trust::parse_approval(held->payload));
    const crypto::PublicKey* key = approver_key(*trust, held->environment, kid);
    if (key == nullptr) {
        return Error(
            Code::permission_denied,
            fmt::format("the key {:.80} holds no approval role for {}", kid.str(), held->environment),
            "Have it added: signalbox trust add-approver");
    }
    if (kid == approval.requester) {
        return Error(Code::permission_denied, "the requester's own key never counts",
                     "Ask another approver to sign");
    }
    if (parts_.engine.withdrawal_of(trust::approval_digest(held->payload)) != nullptr) {
        return Error(Code::failed_precondition,
                     fmt::format("the approval of {} for {} was withdrawn", id.str(), held->environment),
                     "Start the release again");
    }
    if (parts_.engine.now() >= approval.not_after) {
        return Error(Code::failed_precondition, "the window ended at " + to_rfc3339(approval.not_after),
                     "Start the release again");
    }
    SB_TRY(const crypto::Signature signature,
           crypto::signature_from_bytes(as_bytes(request.signature())).with_context("signature"));
    SB_TRY(dsse::Envelope envelope, dsse::parse(held->envelope, trust::kMaxApprovalBytes));
    if (!key->verify(as_bytes(dsse::pae(envelope.payload_type, envelope.payload)), signature)) {
        return Error(Code::invalid_argument, "the signature does not verify over this document",
                     "Fetch the document again and sign exactly its bytes");
    }
    ApprovalDocument document = *held;
    const bool there = dsse::signed_by(envelope, *key);
    if (!there) {
        std::erase_if(envelope.signatures, [&](const auto& s) { return s.keyid == kid; });
        envelope.signatures.push_back({kid, signature});
        document.envelope = dsse::serialize(envelope);
        SB_CHECK(parts_.engine.approve(
            document,
            parts_.sealer.decision("approval_received",
                                   {{"release_id", id.str()},
                                    {"environment", document.environment},
                                    {"kid", kid.str()},
                                    {"by", caller.name},
                                    {"approval_sha256", trust::approval_digest(document.payload).hex()}},
                                   parts_.engine.now())));
    }
    v1::ApproveResponse out;
    SB_TRY(const auto roles, progress(document, *trust));
    for (const v1::RoleProgress& role : roles) *out.add_roles() = role;
    return out;
}

}  // namespace signalbox::dispatch
