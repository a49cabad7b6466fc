// SPDX-License-Identifier: Apache-2.0
// What a person relies on when they sign: that the document in front of them approves exactly the plan that
// they were shown, and nothing else. Pure; the controller's word counts for nothing here.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/trust/approval.hpp"
#include "common/trust/trust_file.hpp"
#include "controller/cli/plan_view.hpp"

namespace signalbox::cli {

// The parsed document, when every one of these holds: canonical bytes; this release, this environment, this
// cluster, this plan's digest and counter; its steps are exactly the plan's forward and undo steps of the
// environment, with the same host, action bytes, artifacts, attempts and undo; each action is for the step's
// service and deadline, and has no member that describe_action has no words for; what is closed is what the
// plan's calendar closes; its window is open or to come. Errors: refused, naming the first difference;
// invalid_argument (not an approval; hours that this system cannot read).
[[nodiscard]] Result<trust::Approval> check_document(const PlanView& plan, std::string_view release_id,
                                                     std::string_view environment, std::string_view payload,
                                                     Instant now);

// The role of this environment that the key fills, such as "security"; the first of
// several. Errors: refused (no such role, or the key is the requester's: its signature would not count).
[[nodiscard]] Result<std::string> role_for(const trust::TrustFile& trust, const trust::Approval& approval,
                                           const crypto::PublicKey& key);

}  // namespace signalbox::cli
