// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/documents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/trust/withdrawal.hpp"
#include "controller/calendar/closed_times.hpp"
#include "controller/release/plan/compile.hpp"

namespace signalbox::dispatch {

Result<std::vector<GivenStanding>> given_standing(const v1::StandingUse& use) {
    std::vector<GivenStanding> out;
    for (const std::string& text : use.standing()) {
        GivenStanding one{text, use.artifact_statement(), {}, {}};
        SB_TRY(const dsse::Envelope envelope,
               dsse::parse(text, 2 * trust::kMaxStandingBytes).with_context("standing approval"));
        SB_TRY(one.parsed, trust::parse_standing(envelope.payload));
        if (given_for(out, one.parsed.environment) != nullptr)
            return Error(Code::invalid_argument, "two standing approvals are for " + one.parsed.environment,
                         "Name one of them");
        one.digest = trust::approval_digest(envelope.payload);
        out.push_back(std::move(one));
    }
    if (out.empty() == use.artifact_statement().empty()) return out;
    return Error(Code::invalid_argument, "a standing approval and a statement about the artifact go together",
                 "Give both, or neither");
}

const GivenStanding* given_for(const std::vector<GivenStanding>& given, std::string_view environment) {
    const auto found = std::find_if(given.begin(), given.end(), [&](const GivenStanding& each) {
        return each.parsed.environment == environment;
    });
    return found == given.end() ? nullptr : &*found;
}

Result<ApprovalDocument> document_for(const plan::Plan& plan, const plan::PlanEnvironment& environment,
                                      const StartTerms& terms, const std::string& requester_kid,
                                      const std::vector<GivenStanding>& given) {
    SB_TRY(std::vector<trust::ClosedTime> closed,
           calendar::closed_times(environment.calendar, terms.not_before, terms.not_after));
    SB_TRY(trust::Approval approval,
           plan::approval_for(plan, environment.name,
                              {terms.not_before, terms.not_after, terms.undo_not_after, std::move(closed),
                               crypto::KeyId(requester_kid)}));
    ApprovalDocument out{plan.release_id, environment.name, {}, {}, {}, {}};
    if (const auto* standing = given_for(given, environment.name)) {
        approval.standing = standing->digest;
        out.standing = standing->standing;
        out.artifact_statement = standing->artifact_statement;
    }
    out.payload = trust::serialize(approval);
    out.envelope = dsse::serialize({std::string(trust::kInTotoPayloadType), out.payload, {}});
    return out;
}

gate::ApprovalFacts facts_of(const ApprovalDocument& document, const StoredWithdrawal* withdrawal) {
    gate::ApprovalFacts out{document.payload, document.envelope, document.standing,
                            document.artifact_statement};
    if (withdrawal == nullptr) return out;
    const auto envelope = dsse::parse(withdrawal->envelope, 2 * trust::kMaxWithdrawalBytes);
    const auto read = envelope ? trust::parse_withdrawal(envelope->payload) : envelope.error();
    // One that cannot be read withdraws as well.
    out.withdrawn = "at " + to_rfc3339(withdrawal->taken);
    if (!read) return out;
    out.withdrawn += fmt::format(" by {}", envelope->signatures.front().keyid.str());
    if (!read->reason.empty()) out.withdrawn += fmt::format(": {}", read->reason);
    return out;
}

}  // namespace signalbox::dispatch
