// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/approvals.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/dsse/dsse.hpp"
#include "common/trust/approval.hpp"
#include "controller/cli/line.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/plan_view.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

constexpr std::size_t kMaxPlanBytes = 64 << 20;

std::string roles_in_words(const v1::ApprovalDocument& document) {
    std::string words;
    for (const v1::RoleProgress& role : document.roles()) {
        words +=
            fmt::format("{}{} {} of {}", words.empty() ? "" : ", ", role.role(), role.have(), role.need());
    }
    return words.empty() ? "needs nobody" : words;
}

bool complete(const v1::ApprovalDocument& document) {
    return std::all_of(document.roles().begin(), document.roles().end(),
                       [](const v1::RoleProgress& role) { return role.have() >= role.need(); });
}

// Texts instead of base64: what is signed can be cut out and verified as it is.
Result<json::Json> documents_json(const v1::GetApprovalsResponse& answer) {
    json::Json out = json::Json::array();
    for (const v1::ApprovalDocument& document : answer.documents()) {
        SB_TRY(json::Json item, to_json(document));
        item["payload"] = document.payload();
        item["envelope"] = document.envelope();
        item["sha256"] = trust::approval_digest(document.payload()).hex();
        out.push_back(std::move(item));
    }
    return out;
}

Result<std::vector<std::string>> in_words(const v1::GetApprovalsResponse& answer, const PlanView& plan,
                                          const Terminal& terminal, Instant now) {
    std::vector<std::string> lines;
    lines.push_back(Line(terminal)
                        .add(plan.release_id, Tone::strong)
                        .add("  ")
                        .add(fmt::format("{} {}, asked for by {}", plan.name, plan.version, plan.requester))
                        .text());
    lines.push_back(Line(terminal).add("plan sha256 " + plan.sha256.hex(), Tone::dim).text());
    for (const v1::ApprovalDocument& document : answer.documents()) {
        SB_TRY(const trust::Approval approval,
               trust::parse_approval(document.payload())
                   .with_context("the approval document of " + document.environment()));
        SB_TRY(const dsse::Envelope envelope,
               dsse::parse(document.envelope(), trust::kMaxApprovalBytes)
                   .with_context("the approval document of " + document.environment()));
        lines.push_back(Line(terminal)
                            .add(document.environment(), Tone::strong)
                            .add("  ")
                            .add(roles_in_words(document), complete(document) ? Tone::good : Tone::warning)
                            .text());
        const auto fact = [&](std::string_view name, std::string_view value) {
            lines.push_back(Line(terminal).add("  ").add(name, Tone::dim).to_column(13).add(value).text());
        };
        fact("document", "sha256 " + trust::approval_digest(document.payload()).hex());
        const std::string end = to_rfc3339(approval.not_after);
        fact("window", fmt::format("from {} to {} ({} {})", to_rfc3339(approval.not_before), end,
                                   approval.not_after > now ? "ends" : "ended", relative(end, now)));
        for (const dsse::EnvelopeSignature& signature : envelope.signatures)
            fact("signed by", signature.keyid.str());
    }
    return lines;
}

}  // namespace

Result<int> show_approvals(const Context& context, const ApprovalsOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::GetApprovalsRequest request;
    request.set_release_id(options.release_id);
    SB_TRY(const auto answer, ask<v1::GetApprovalsResponse>(*api, "ReleaseService/GetApprovals", request));
    SB_TRY(const PlanView plan, read_plan(answer.plan()).with_context("the plan of " + options.release_id));
    if (context.json) {
        SB_TRY(json::Json whole, json::parse(answer.plan(), {.max_bytes = kMaxPlanBytes}));
        SB_TRY(json::Json documents, documents_json(answer));
        SB_CHECK(context.out.write(json_text({{"release_id", options.release_id},
                                              {"plan", std::move(whole)},
                                              {"plan_sha256", plan.sha256.hex()},
                                              {"documents", std::move(documents)}})));
        return kOk;
    }
    SB_TRY(const auto lines, in_words(answer, plan, uncut(context.terminal), context.clock.now()));
    SB_CHECK(context.print(lines));
    SB_CHECK(
        context.remark("no signature was verified here: each host does that against its own trust file"));
    return kOk;
}

}  // namespace signalbox::cli
