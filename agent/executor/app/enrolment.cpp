// SPDX-License-Identifier: Apache-2.0
// How this executor gets its identity, and how the trust file moves on.
#include <fmt/format.h>

#include <algorithm>

#include "agent/executor/app/executor.hpp"
#include "common/join/join_line.hpp"
#include "common/trust/withdrawal.hpp"

namespace signalbox::executor {
namespace {

constexpr std::size_t kMaxJoinId = 64;
constexpr std::size_t kMaxChallenge = 512;

// 8-4-4-4-12 lower-case hex digits.
bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (dash ? text[i] != '-' : !hex) return false;
    }
    return true;
}

bool is_join_id(std::string_view text) {
    return !text.empty() && text.size() <= kMaxJoinId && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    });
}

}  // namespace

Result<ipc::Reply> Executor::on(const ipc::ProveRequest& request) {
    if (identity_.agent_id)
        return Error(Code::failed_precondition, "this executor has an identity already",
                     "Re-enrol with a new state folder.");
    if (!is_join_id(request.join_id)) return Error(Code::invalid_argument, "the join id is not one");
    if (request.environment != identity_.environment || request.host != identity_.host)
        return Error(
            Code::failed_precondition,
            fmt::format(
                "this executor was initialised as {} of {}, and the join line is for {:.64} of {:.64}",
                identity_.host, identity_.environment, request.host, request.environment),
            "Use the line that signalbox-executor init was given; it was not used up.");
    const std::string message = join::proof_message(identity_.cluster_id, request.join_id, request.csr_sha256,
                                                    parts_.key->public_key().id().str());
    return ipc::Reply(ipc::ProveReply{parts_.key->sign_now(as_bytes(message)), {}});
}

// The challenge is the controller's text; all that is signed of it stands in one line of its own.
Result<ipc::Reply> Executor::on(const ipc::ReturnRequest& request) {
    SB_CHECK(require_identity());
    const std::string_view challenge = request.challenge;
    const bool one_line =
        std::all_of(challenge.begin(), challenge.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (challenge.empty() || challenge.size() > kMaxChallenge || !one_line)
        return Error(Code::invalid_argument, "the challenge is not one");
    const std::string message = join::return_message(identity_.cluster_id, *identity_.agent_id, challenge,
                                                     request.csr_sha256, parts_.key->public_key().id().str());
    // The controller may not know the key that signs this: what it knows leads to it.
    SB_TRY(auto changes, parts_.journal->unproven_key_changes());
    return ipc::Reply(ipc::ProveReply{parts_.key->sign_now(as_bytes(message)), std::move(changes)});
}

Result<ipc::Reply> Executor::on(const ipc::InstallIdentityRequest& request) {
    if (identity_.agent_id) {
        // The answer to the first time may have been lost.
        if (*identity_.agent_id == request.agent_id) return ipc::Reply(ipc::Done{});
        return Error(Code::failed_precondition,
                     fmt::format("this executor is agent {} already", identity_.agent_id->str()),
                     "Re-enrol with a new state folder.");
    }
    if (!is_uuid(request.agent_id.str())) return Error(Code::invalid_argument, "the agent id is not a UUID");
    if (crypto::sha256(request.trust) != identity_.trust_sha256)
        return Error(Code::refused, "the trust file is not the one that the join line named",
                     "Do not enrol: ask for a new join line over a channel that you trust.");
    SB_TRY(auto trust, trust::verify_initial(request.trust));
    if (trust.cluster_id != identity_.cluster_id)
        return Error(Code::refused, fmt::format("the trust file is for cluster {}", trust.cluster_id.str()));
    Recorder recorder(identity_.cluster_id, request.agent_id, parts_.boot_id, *parts_.clock);
    record::ActionRecord enrolled = recorder.make(record::Kind::enrolled);
    enrolled.after_sha256 = identity_.trust_sha256;
    SB_CHECK(
        parts_.journal->install_identity(request.agent_id, request.trust, std::move(enrolled), *parts_.key));
    identity_.agent_id = request.agent_id;
    identity_.trust = request.trust;
    trust_ = std::move(trust);
    {
        const std::lock_guard lock(recorder_mutex_);
        recorder_.emplace(std::move(recorder));
    }
    parts_.log.info("enrolled", {{"agent", request.agent_id}, {"cluster", identity_.cluster_id}});
    (void)parts_.send_event(ipc::RecordsEvent{});
    return ipc::Reply(ipc::Done{});
}

Result<ipc::Reply> Executor::on(const ipc::TrustUpdateRequest& request) {
    SB_CHECK(require_identity());
    // The network face may send again what is in force.
    if (request.trust == *identity_.trust) return ipc::Reply(ipc::TrustUpdateReply{trust_->version});
    auto next = trust::verify_update(*trust_, request.trust);
    if (!next) {
        alarm("trust_update_refused", next.error());
        return std::move(next).error().with_context(
            fmt::format("trust file after version {}", trust_->version));
    }
    record::ActionRecord updated = recorder_->make(record::Kind::trust_updated);
    updated.before_sha256 = crypto::sha256(*identity_.trust);
    updated.after_sha256 = crypto::sha256(request.trust);
    SB_CHECK(parts_.journal->replace_trust(request.trust, std::move(updated), *parts_.key));
    identity_.trust = request.trust;
    trust_ = *std::move(next);
    parts_.log.info("trust file updated", {{"version", trust_->version}});
    (void)parts_.send_event(ipc::RecordsEvent{});
    return ipc::Reply(ipc::TrustUpdateReply{trust_->version});
}

// Also under a trust file that has expired: a withdrawal only ever stops.
Result<ipc::Reply> Executor::on(const ipc::WithdrawRequest& request) {
    SB_CHECK(require_identity());
    const auto verified = trust::verify_withdrawal(*trust_, request.withdrawal);
    if (!verified) {
        alarm("withdrawal_refused", verified.error());
        return verified.error();
    }
    const trust::Withdrawal& withdrawal = verified->withdrawal;
    if (withdrawal.environment != identity_.environment)
        return Error(Code::refused, fmt::format("the withdrawal is for {:.60}, this host is in {}",
                                                withdrawal.environment, identity_.environment));
    record::ActionRecord withdrawn = recorder_->make(record::Kind::observed);
    withdrawn.approval_sha256 = withdrawal.approval_sha256;
    withdrawn.outcome.emplace();
    withdrawn.outcome->code = "approval_withdrawn";
    withdrawn.outcome->detail =
        detail_line(fmt::format("{} was withdrawn by {}", withdrawal.name, verified->kid.str()));
    SB_TRY(const bool is_new, parts_.journal->withdraw(withdrawal.approval_sha256, request.withdrawal,
                                                       std::move(withdrawn), *parts_.key));
    if (is_new) {
        parts_.log.info("an approval was withdrawn",
                        {{"approval", withdrawal.approval_sha256.hex()}, {"name", withdrawal.name}});
        (void)parts_.send_event(ipc::RecordsEvent{});
    }
    return ipc::Reply(ipc::Done{});
}

}  // namespace signalbox::executor
