// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/approve.hpp"

#include <fmt/format.h>

#include "common/dsse/dsse.hpp"
#include "common/trust/approval.hpp"
#include "controller/cli/approval_check.hpp"
#include "controller/cli/approval_words.hpp"
#include "controller/cli/last_approved.hpp"
#include "controller/cli/line.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/plan_changes.hpp"
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

// Those documents that this key may sign, or all when there is none; each is checked against the plan.
Result<std::vector<ToSign>> choose(const v1::GetApprovalsResponse& answer, const PlanView& plan,
                                   const trust::TrustFile& trust, const crypto::PublicKey* key,
                                   const ApproveOptions& options, Instant now) {
    std::vector<ToSign> chosen;
    std::string known;
    Error why_not(Code::refused, "there is nothing to approve in this release");
    for (const v1::ApprovalDocument& document : answer.documents()) {
        known += (known.empty() ? "" : ", ") + document.environment();
        if (!options.environment.empty() && document.environment() != options.environment) continue;
        SB_TRY(trust::Approval approval,
               check_document(plan, options.release_id, document.environment(), document.payload(), now));
        if (key != nullptr && !document.withdrawal().empty()) {
            why_not = Error(Code::failed_precondition,
                            fmt::format("the approval of {} for {} was withdrawn", options.release_id,
                                        document.environment()),
                            "look: signalbox release approvals " + options.release_id);
            continue;
        }
        Result<std::string> role = key == nullptr ? std::string() : role_for(trust, approval, *key);
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

// Against the last release that people approved there, service by service.
std::vector<std::string> changes(LastApproved& earlier, const ToSign& item, const PlanView& plan) {
    const std::string& environment = item.approval.environment;
    std::vector<std::string> lines;
    std::string terms_against;
    for (const PlanServiceView& service : plan.services) {
        const auto found = earlier.find(plan.release_id, environment, service.name);
        if (!found) {
            lines.push_back(fmt::format("{}: cannot be told: {}", service.name, found.error().message()));
            continue;
        }
        if (!*found) {
            lines.push_back(fmt::format("{}: no earlier release of it was approved for {}: all of it is new",
                                        service.name, environment));
            continue;
        }
        const PlanView& before = (*found)->plan;
        const auto differ = service_changes(before, plan, environment, service.name);
        lines.push_back(
            fmt::format("{} since {}{}", service.name, before.release_id, differ.empty() ? ": nothing" : ""));
        for (const std::string& line : differ) lines.push_back("  " + line);
        if (terms_against == before.release_id) continue;
        terms_against = before.release_id;
        for (const std::string& line : term_changes((*found)->approval, item.approval))
            lines.push_back("  " + line);
    }
    return lines;
}

std::vector<std::string> in_words(const ToSign& item, const PlanView& plan, std::string_view title,
                                  const SigningAs& as, const std::vector<std::string>& changed,
                                  const Context& context, const Terminal& terminal) {
    auto lines = approval_words(title, plan, item.approval, as, terminal, context.clock.now());
    lines.push_back(Line(terminal)
                        .add("Changed since it was last approved", Tone::strong)
                        .add(" (which release that was is the controller's word)")
                        .text());
    for (const std::string& line : changed) lines.push_back(Line(terminal).add("  ").add(line).text());
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

// Prints what would be signed, and signs nothing.
Result<int> show_documents(const Context& context, const std::vector<ToSign>& chosen, const PlanView& plan,
                           const SigningAs& as, LastApproved& earlier) {
    json::Json documents = json::Json::array();
    for (const ToSign& item : chosen) {
        const auto changed = changes(earlier, item, plan);
        const Terminal terminal = uncut(context.terminal);
        if (!context.json) {
            SB_CHECK(context.print(
                in_words(item, plan, "To be approved:", {item.role, as.kid}, changed, context, terminal)));
            continue;
        }
        documents.push_back({{"environment", item.approval.environment},
                             {"payload", item.document->payload()},
                             {"sha256", trust::approval_digest(item.document->payload()).hex()},
                             {"changes", changed}});
    }
    if (!context.json) {
        SB_CHECK(context.remark("nothing was signed"));
        return kOk;
    }
    SB_CHECK(context.out.write(json_text({{"release_id", plan.release_id},
                                          {"plan_sha256", plan.sha256.hex()},
                                          {"documents", std::move(documents)}})));
    return kOk;
}

}  // namespace

Result<int> approve_release(const Context& context, const ApproveOptions& options) {
    SB_TRY(const Keyring keyring, options.key.keyring(context));
    std::optional<KeyEntry> entry;
    if (!options.key.key.empty()) {
        SB_TRY(entry, keyring.find(options.key.key));
    } else if (!options.show) {
        return Error(Code::invalid_argument, "there is no key to sign with",
                     "give --key, or --show to look only; yours are in signalbox key list");
    }
    SB_TRY(const auto api, context.api());
    v1::GetApprovalsRequest request;
    request.set_release_id(options.release_id);
    SB_TRY(const auto answer, ask<v1::GetApprovalsResponse>(*api, "ReleaseService/GetApprovals", request));
    SB_TRY(const PlanView plan, read_plan(answer.plan()).with_context("the plan of " + options.release_id));
    SB_TRY(const trust::TrustFile trust, fetch_trust(*api));
    SB_TRY(const auto chosen,
           choose(answer, plan, trust, entry ? &entry->key : nullptr, options, context.clock.now()));
    LastApproved earlier(*api, trust);
    const std::string kid = entry ? entry->key.id().str() : "";
    for (const v1::ApprovalDocument& document : answer.documents()) {
        if (entry && options.environment.empty() && !document.withdrawal().empty())
            SB_CHECK(context.remark(
                safe("left out: the approval for " + document.environment() + " was withdrawn")));
    }
    if (options.show) return show_documents(context, chosen, plan, {"", kid}, earlier);

    std::unique_ptr<crypto::Signer> signer;
    json::Json results = json::Json::array();
    bool refused = false;
    for (const ToSign& item : chosen) {
        SB_CHECK(context.remark(
            join_lines(in_words(item, plan, "You are about to approve", {item.role, kid},
                                changes(earlier, item, plan), context, uncut(context.err_terminal)))));
        SB_TRY(const bool yes, agreed(context, item, options));
        if (!yes) {
            SB_CHECK(context.remark("not signed"));
            refused = true;
            continue;
        }
        if (signer == nullptr) {
            SB_TRY(signer, keyring.open(options.key.key, context.prompt, options.key.passphrase_file));
            if (signer->public_key() != entry->key) {
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
