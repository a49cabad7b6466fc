// SPDX-License-Identifier: Apache-2.0
// ReleaseService/Withdraw and RevokeStanding: an approver takes back what they approved. What has not started
// there never will; what runs there is halted.
#include <fmt/format.h>

#include "common/trust/standing.hpp"
#include "common/trust/withdrawal.hpp"
#include "controller/release/dispatch/release_api.hpp"

namespace signalbox::dispatch {
namespace {

// Nothing is left to stop there.
bool is_done(const sequence::ReleaseState& state, const std::string& environment) {
    const auto& stages = state.spec->stages;
    for (std::size_t i = 0; i < state.stage; ++i) {
        if (stages[i].name == environment) return true;
    }
    return false;
}

}  // namespace

Result<v1::WithdrawApprovalResponse> ReleaseApi::withdraw(const access::Caller& caller,
                                                          const v1::WithdrawApprovalRequest& request) {
    const ReleaseId id(request.release_id());
    const Loaded* release = parts_.engine.loaded(id);
    if (release == nullptr) {
        SB_TRY(const v1::ReleaseInfo ended, info(id, false));  // not_found
        return Error(
            Code::failed_precondition, fmt::format("{} has ended: it is {}", id.str(), ended.status()),
            "Nothing is left to withdraw; what ran is taken back by signalbox release undo " + id.str());
    }
    const ApprovalDocument* held = release->approval(request.environment());
    if (held == nullptr) {
        return Error(Code::not_found,
                     fmt::format("{} does not go to '{:.100}'", id.str(), request.environment()),
                     "Name an environment of its path");
    }
    const trust::TrustFile* trust = parts_.trust.current();
    if (trust == nullptr)
        return Error(Code::failed_precondition, "no trust file says who may approve",
                     "Publish one: signalbox trust publish");
    SB_TRY(const auto verified, trust::verify_withdrawal(*trust, request.withdrawal()));
    const crypto::Digest approval = trust::approval_digest(held->payload);
    if (verified.withdrawal.approval_sha256 != approval ||
        verified.withdrawal.environment != held->environment)
        return Error(Code::invalid_argument, "the withdrawal is of another approval",
                     "Fetch the document again and withdraw that");
    SB_TRY(const dsse::Envelope envelope, dsse::parse(held->envelope, trust::kMaxApprovalBytes));
    if (!dsse::signed_by(envelope, trust->keys.at(verified.kid).key))
        return Error(Code::permission_denied,
                     fmt::format("the key {} did not approve {} for {}", verified.kid.str(), id.str(),
                                 held->environment),
                     "Somebody who did may withdraw; an operator can halt or abort it");
    if (parts_.engine.withdrawal_of(approval) != nullptr) return v1::WithdrawApprovalResponse();
    if (is_done(parts_.engine.state().releases.at(id), held->environment))
        return Error(
            Code::failed_precondition,
            fmt::format("{} is done in {}: there is nothing left to stop", id.str(), held->environment),
            fmt::format("Take it back: signalbox release undo {}", id.str()));
    const Instant now = parts_.engine.now();
    SB_CHECK(parts_.engine.withdraw(
        {approval.hex(), held->environment, request.withdrawal(), now}, caller.name,
        verified.withdrawal.reason,
        parts_.sealer.decision("approval_withdrawn",
                               {{"release_id", id.str()},
                                {"environment", held->environment},
                                {"kid", verified.kid.str()},
                                {"by", caller.name},
                                {"reason", verified.withdrawal.reason},
                                {"approval_sha256", approval.hex()},
                                {"withdrawal_sha256", crypto::sha256(request.withdrawal()).hex()}},
                               now)));
    return v1::WithdrawApprovalResponse();
}

Result<v1::RevokeStandingResponse> ReleaseApi::revoke_standing(const access::Caller& caller,
                                                               const v1::RevokeStandingRequest& request) {
    const trust::TrustFile* trust = parts_.trust.current();
    if (trust == nullptr)
        return Error(Code::failed_precondition, "no trust file says who may approve",
                     "Publish one: signalbox trust publish");
    SB_TRY(const dsse::Envelope envelope,
           dsse::parse(request.standing(), 2 * trust::kMaxStandingBytes).with_context("standing approval"));
    SB_TRY(const trust::StandingApproval standing, trust::parse_standing(envelope.payload));
    const crypto::Digest digest = trust::approval_digest(envelope.payload);
    SB_TRY(const auto verified, trust::verify_withdrawal(*trust, request.withdrawal()));
    if (verified.withdrawal.approval_sha256 != digest ||
        verified.withdrawal.environment != standing.environment)
        return Error(Code::invalid_argument, "the withdrawal is of another approval",
                     "Withdraw the standing approval that is handed in");
    if (!dsse::signed_by(envelope, trust->keys.at(verified.kid).key))
        return Error(Code::permission_denied,
                     fmt::format("the key {} did not sign the standing approval {}", verified.kid.str(),
                                 standing.name),
                     "Somebody who did may revoke it");
    if (parts_.engine.withdrawal_of(digest) != nullptr) return v1::RevokeStandingResponse();
    const Instant now = parts_.engine.now();
    SB_CHECK(parts_.engine.withdraw(
        {digest.hex(), standing.environment, request.withdrawal(), now}, caller.name,
        verified.withdrawal.reason,
        parts_.sealer.decision("standing_revoked",
                               {{"environment", standing.environment},
                                {"name", standing.name},
                                {"kid", verified.kid.str()},
                                {"by", caller.name},
                                {"reason", verified.withdrawal.reason},
                                {"standing_sha256", digest.hex()},
                                {"withdrawal_sha256", crypto::sha256(request.withdrawal()).hex()}},
                               now)));
    return v1::RevokeStandingResponse();
}

}  // namespace signalbox::dispatch
