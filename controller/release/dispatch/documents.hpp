// SPDX-License-Identifier: Apache-2.0
// The documents that people sign, made from a plan; or that fall under a standing approval. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/trust/standing.hpp"
#include "controller/gate/gate.hpp"
#include "controller/release/dispatch/loaded.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::dispatch {

// Standing approvals as they were handed in, one for an environment.
struct GivenStanding {
    std::string standing;            // DSSE text
    std::string artifact_statement;  // DSSE text
    trust::StandingApproval parsed;
    crypto::Digest digest;
};
// Errors: invalid_argument.
[[nodiscard]] Result<std::vector<GivenStanding>> given_standing(const v1::StandingUse& use);
[[nodiscard]] const GivenStanding* given_for(const std::vector<GivenStanding>& given,
                                             std::string_view environment);

// The document of one environment, unsigned; it names the standing approval that is for this environment.
// Errors: the planner's.
[[nodiscard]] Result<ApprovalDocument> document_for(const plan::Plan& plan,
                                                    const plan::PlanEnvironment& environment,
                                                    const StartTerms& terms, const std::string& requester_kid,
                                                    const std::vector<GivenStanding>& given);

// What the approval gate looks at. `withdrawal`: nullptr when nobody took it back.
[[nodiscard]] gate::ApprovalFacts facts_of(const ApprovalDocument& document,
                                           const StoredWithdrawal* withdrawal);

}  // namespace signalbox::dispatch
