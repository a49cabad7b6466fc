// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/approve.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/dsse/dsse.hpp"
#include "common/trust/approval.hpp"
#include "controller/cli/approval_check.hpp"
#include "controller/cli/line.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/plan_render.hpp"
#include "controller/cli/plan_terms.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

struct ToSign {
    const v1::ApprovalDocument* document = nullptr;
    trust::Approval approval;
    std::string role;
};

Result<trust::TrustFile> fetch_trust(ApiPort& api) {
    SB_TRY(const auto answer, ask<v1::GetTrustResponse>(api, "TrustService/Get", v1::GetTrustRequest()));
    SB_TRY(const dsse::Envelope envelope, dsse::parse(answer.trust()));
    // Only to tell people early what would not count: whether a signature counts is judged by each host
    // against its own pinned trust file.
    return trust::parse_payload(envelope.payload);
}

// Those documents that this key may sign, each checked against the plan.
Result<std::vector<ToSign>> choose(const v1::GetApprovalsResponse& answer, const PlanView& plan,
                                   const trust::TrustFile& trust, const crypto::PublicKey& key,
                                   const ApproveOptions& options, Instant now) {
    std::vector<ToSign> chosen;
    std::string known;
    Error why_not(Code::refused, "there is nothing to approve in this release");
    for (const v1::ApprovalDocument& document : answer.documents()) {
        known += (known.empty() ? "" : ", ") + document.environment();
        if (!options.environment.empty() && document.environment() != options.environment) continue;
        SB_TRY(trust::Approval approval,
               check_document(plan, options.release_id, document.environment(), document.payload(), now));
        auto role = role_for(trust, approval, key);
        if (!role) {
            why_not = std::move(role).error();
            continue;
        }
        chosen.push_back({&document, std::move(approval), *std::move(role)});
    }
    if (!chosen.empty()) return chosen;
    if (!options.environment.empty() && plan.stage(options.environment) == nullptr) {
        return Error(Code::not_found,
                     fmt::format("release {} has no environment {}", options.release_id, options.environment),
                     "choose one of: " + known);
    }
    return why_not;
}

std::vector<std::string> in_words(const ToSign& item, const PlanView& plan, const crypto::PublicKey& key,
                                  const Context& context) {
    const Terminal terminal = uncut(context.err_terminal);
    const Instant now = context.clock.now();
    std::vector<std::string> lines;
    const auto fact = [&](std::string_view name, std::string_view value) {
        if (!value.empty())
            lines.push_back(Line(terminal).add(name, Tone::dim).to_column(11).add(value).text());
    };
    lines.push_back(Line(terminal)
                        .add("You are about to approve ")
                        .add(fmt::format("{} {}", plan.name, plan.version), Tone::strong)
                        .add(" for ")
                        .add(item.approval.environment, Tone::strong)
                        .text());
    fact("release", fmt::format("{} (number {})", plan.release_id, plan.release_counter));
    fact("cluster", plan.cluster_id);
    fact("plan", "sha256 " + plan.sha256.hex());
    const crypto::KeyId& requester = item.approval.requester;
    fact("estate", fmt::format("{} at commit {}", plan.manifest, plan.estate_commit));
    fact("requester",
         fmt::format("{}, {}", plan.requester,
                     requester.empty() ? "without an approver's key" : "key " + requester.str()));
    fact("change", plan.change);
    fact("tickets", fmt::format("{}", fmt::join(plan.tickets, ", ")));
    fact("window", fmt::format("from {} to {} ({})", to_rfc3339(item.approval.not_before),
                               to_rfc3339(item.approval.not_after),
                               "ends " + relative(to_rfc3339(item.approval.not_after), now)));
    const std::string undo_until = to_rfc3339(item.approval.undo_not_after);
    fact("undo", fmt::format("may start until {} ({}), also while closed", undo_until,
                             "ends " + relative(undo_until, now)));
    fact("overrun", overrun_words(item.approval.overrun));
    for (const trust::ClosedTime& closed : item.approval.closed) {
        fact("closed",
             fmt::format("from {} to {}: {}", to_rfc3339(closed.from), to_rfc3339(closed.to), closed.name));
    }
    if (item.approval.closed.empty()) fact("closed", "at no time of the window");
    for (const PlanServiceView& service : plan.services)
        fact("service", fmt::format("{} {} from source {}", service.name, service.version, service.commit));
    fact("as", fmt::format("{} with key {}", item.role, key.id().str()));
    const PlanStageView* stage = plan.stage(item.approval.environment);
    fact("what", fmt::format("exactly these {} and {}, on these hosts, each checked against its digest:",
                             counted(stage->steps.size(), "step"), counted(stage->undo.size(), "undo step")));
    const auto steps = render_stage(*stage, terminal, Digests::whole);
    lines.insert(lines.end(), steps.begin(), steps.end());
    return lines;
}

Result<bool> agreed(const Context& context, const ToSign& item, const ApproveOptions& options) {
    if (options.yes) return true;
    if (!context.prompt.interactive()) {
        return Error(Code::invalid_argument, "there is no terminal to confirm the signature at",
                     "look at it with signalbox release show, then give --yes");
    }
    return context.prompt.confirm(fmt::format("Sign this for {}? [y/N] ", safe(item.approval.environment)));
}

std::string progress_words(const v1::ApproveResponse& answer) {
    std::string words;
    for (const v1::RoleProgress& role : answer.roles()) {
        words +=
            fmt::format("{}{} {} of {}", words.empty() ? "" : ", ", role.role(), role.have(), role.need());
    }
    return words;
}

Result<v1::ApproveResponse> sign_and_send(ApiPort& api, const ToSign& item, const crypto::Signer& signer) {
    const std::string covered = dsse::pae(trust::kInTotoPayloadType, item.document->payload());
    SB_TRY(const crypto::Signature signature, signer.sign(as_bytes(covered)));
    v1::ApproveRequest request;
    request.set_release_id(item.approval.release_id.str());
    request.set_environment(item.approval.environment);
    request.set_kid(signer.public_key().id().str());
    request.set_signature(signature.data(), signature.size());
    return ask<v1::ApproveResponse>(api, "ReleaseService/Approve", request);
}

}  // namespace

Result<int> approve_release(const Context& context, const ApproveOptions& options) {
    SB_TRY(const Keyring keyring, options.key.keyring(context));
    SB_TRY(const KeyEntry entry, keyring.find(options.key.key));
    SB_TRY(const auto api, context.api());
    v1::GetApprovalsRequest request;
    request.set_release_id(options.release_id);
    SB_TRY(const auto answer, ask<v1::GetApprovalsResponse>(*api, "ReleaseService/GetApprovals", request));
    SB_TRY(const PlanView plan, read_plan(answer.plan()).with_context("the plan of " + options.release_id));
    SB_TRY(const trust::TrustFile trust, fetch_trust(*api));
    SB_TRY(const auto chosen, choose(answer, plan, trust, entry.key, options, context.clock.now()));

    std::unique_ptr<crypto::Signer> signer;
    json::Json results = json::Json::array();
    bool refused = false;
    for (const ToSign& item : chosen) {
        SB_CHECK(context.remark(join_lines(in_words(item, plan, entry.key, context))));
        SB_TRY(const bool yes, agreed(context, item, options));
        if (!yes) {
            SB_CHECK(context.remark("not signed"));
            refused = true;
            continue;
        }
        if (signer == nullptr) {
            SB_TRY(signer, keyring.open(options.key.key, context.prompt, options.key.passphrase_file));
            if (signer->public_key() != entry.key) {
                return Error(Code::data_loss,
                             fmt::format("key {} changed while it was being used", options.key.key));
            }
        }
        SB_TRY(const auto sent, sign_and_send(*api, item, *signer));
        SB_TRY(json::Json result, to_json(sent));
        result["environment"] = item.approval.environment;
        results.push_back(std::move(result));
        if (context.json) continue;
        SB_CHECK(
            context.print(safe(fmt::format("approved {} for {} as {}: {}", options.release_id,
                                           item.approval.environment, item.role, progress_words(sent)))));
    }
    if (context.json)
        SB_CHECK(context.out.write(json_text({{"release_id", options.release_id}, {"approvals", results}})));
    return refused ? kFailed : kOk;
}

}  // namespace signalbox::cli
