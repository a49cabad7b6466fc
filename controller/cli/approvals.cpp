// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/approvals.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/dsse/dsse.hpp"
#include "common/trust/approval.hpp"
#include "common/trust/standing.hpp"
#include "common/trust/withdrawal.hpp"
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
        if (!document.standing().empty()) item["standing"] = document.standing();
        if (!document.artifact_statement().empty())
            item["artifact_statement"] = document.artifact_statement();
        if (!document.withdrawal().empty()) item["withdrawal"] = document.withdrawal();
        item["sha256"] = trust::approval_digest(document.payload()).hex();
        out.push_back(std::move(item));
    }
    return out;
}

// Who took it back, and why; as the controller says.
std::string withdrawn_in_words(const v1::ApprovalDocument& document) {
    const auto envelope = dsse::parse(document.withdrawal(), 2 * trust::kMaxWithdrawalBytes);
    const auto read = envelope ? trust::parse_withdrawal(envelope->payload) : envelope.error();
    if (!read || envelope->signatures.empty()) return "in a way that this program cannot read";
    return fmt::format("at {} by {}{}{}", to_rfc3339(read->at), envelope->signatures.front().keyid.str(),
                       read->reason.empty() ? "" : ": ", read->reason);
}

// The name of the standing approval that it is under; empty: none.
std::string standing_of(const v1::ApprovalDocument& document) {
    if (document.standing().empty()) return "";
    const auto envelope = dsse::parse(document.standing(), 2 * trust::kMaxStandingBytes);
    const auto standing = envelope ? trust::parse_standing(envelope->payload) : envelope.error();
    return standing
               ? fmt::format("{}, sha256 {}", standing->name, trust::approval_digest(envelope->payload).hex())
               : "one that this program cannot read";
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
        const std::string standing = standing_of(document);
        Line head(terminal);
        head.add(document.environment(), Tone::strong).add("  ");
        if (!document.withdrawal().empty()) {
            head.add("withdrawn", Tone::bad);
        } else if (!standing.empty() && !complete(document)) {
            head.add("under a standing approval: nobody has to sign", Tone::good);
        } else {
            head.add(roles_in_words(document), complete(document) ? Tone::good : Tone::warning);
        }
        lines.push_back(head.text());
        const auto fact = [&](std::string_view name, std::string_view value) {
            lines.push_back(Line(terminal).add("  ").add(name, Tone::dim).to_column(13).add(value).text());
        };
        fact("document", "sha256 " + trust::approval_digest(document.payload()).hex());
        const std::string end = to_rfc3339(approval.not_after);
        fact("window", fmt::format("from {} to {} ({} {})", to_rfc3339(approval.not_before), end,
                                   approval.not_after > now ? "ends" : "ended", relative(end, now)));
        if (!standing.empty()) fact("standing", standing);
        if (!document.withdrawal().empty()) fact("withdrawn", withdrawn_in_words(document));
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
