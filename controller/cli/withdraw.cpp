// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/withdraw.hpp"

#include <fmt/format.h>

#include "common/dsse/dsse.hpp"
#include "common/trust/approval.hpp"
#include "common/trust/withdrawal.hpp"
#include "controller/cli/message_json.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

struct Signed {
    const v1::ApprovalDocument* document = nullptr;
    trust::Approval approval;
};

// The documents that this key has signed.
Result<std::vector<Signed>> choose(const v1::GetApprovalsResponse& answer, const crypto::PublicKey& key,
                                   const WithdrawOptions& options) {
    std::vector<Signed> chosen;
    bool under_standing = false;
    for (const v1::ApprovalDocument& document : answer.documents()) {
        if (!options.environment.empty() && document.environment() != options.environment) continue;
        under_standing = under_standing || !document.standing().empty();
        SB_TRY(const dsse::Envelope envelope, dsse::parse(document.envelope(), trust::kMaxApprovalBytes));
        if (envelope.payload != document.payload() || !dsse::signed_by(envelope, key)) continue;
        SB_TRY(trust::Approval approval, trust::parse_approval(document.payload()));
        if (approval.release_id.str() != options.release_id)
            return Error(Code::refused, "the controller gave the documents of another release",
                         "tell the keepers of the controller");
        chosen.push_back({&document, std::move(approval)});
    }
    if (!chosen.empty()) return chosen;
    return Error(Code::refused,
                 fmt::format("key {} has not approved {}{}", key.id().str(), options.release_id,
                             options.environment.empty() ? "" : " for " + options.environment),
                 under_standing ? "it runs under a standing approval: signalbox approval standing revoke; or "
                                  "signalbox release halt " +
                                      options.release_id
                                : "who has: signalbox release approvals " + options.release_id);
}

Result<bool> agreed(const Context& context, const Signed& item, const WithdrawOptions& options) {
    if (options.yes) return true;
    if (!context.prompt.interactive())
        return Error(Code::invalid_argument, "there is no terminal to confirm the withdrawal at",
                     "give --yes");
    return context.prompt.confirm(safe(fmt::format("Withdraw the approval of {} for {}? [y/N] ",
                                                   options.release_id, item.approval.environment)));
}

}  // namespace

Result<std::string> sign_withdrawal(const ToWithdraw& what, const std::string& reason,
                                    const crypto::Signer& signer, Instant now) {
    const trust::Withdrawal withdrawal{
        what.cluster_id, what.environment, trust::approval_digest(what.payload),
        what.name,       reason,           std::chrono::floor<std::chrono::seconds>(now)};
    dsse::Envelope envelope{std::string(trust::kInTotoPayloadType), trust::serialize(withdrawal), {}};
    SB_CHECK(dsse::add_signature(envelope, signer));
    return dsse::serialize(envelope);
}

Result<int> withdraw_release(const Context& context, const WithdrawOptions& options) {
    SB_TRY(const Keyring keyring, options.key.keyring(context));
    SB_TRY(const KeyEntry entry, keyring.find(options.key.key));
    SB_TRY(const auto api, context.api());
    v1::GetApprovalsRequest request;
    request.set_release_id(options.release_id);
    SB_TRY(const auto answer, ask<v1::GetApprovalsResponse>(*api, "ReleaseService/GetApprovals", request));
    SB_TRY(const auto chosen, choose(answer, entry.key, options));
    std::unique_ptr<crypto::Signer> signer;
    json::Json done = json::Json::array();
    for (const Signed& item : chosen) {
        SB_TRY(const bool yes, agreed(context, item, options));
        if (!yes) {
            SB_CHECK(context.remark("not withdrawn"));
            return kFailed;
        }
        if (signer == nullptr) {
            SB_TRY(signer, keyring.open(options.key.key, context.prompt, options.key.passphrase_file));
        }
        SB_TRY(const std::string text, sign_withdrawal({item.approval.cluster_id, item.approval.environment,
                                                        item.document->payload(), options.release_id},
                                                       options.reason, *signer, context.clock.now()));
        v1::WithdrawApprovalRequest withdraw;
        withdraw.set_release_id(options.release_id);
        withdraw.set_environment(item.approval.environment);
        withdraw.set_withdrawal(text);
        SB_CHECK(ask<v1::WithdrawApprovalResponse>(*api, "ReleaseService/Withdraw", withdraw));
        done.push_back(item.approval.environment);
        if (context.json) continue;
        SB_CHECK(
            context.print(safe(fmt::format("withdrew the approval of {} for {}: nothing more starts there",
                                           options.release_id, item.approval.environment))));
    }
    if (context.json)
        SB_CHECK(context.out.write(
            json_text({{"release_id", options.release_id}, {"withdrawn", std::move(done)}})));
    return kOk;
}

}  // namespace signalbox::cli
