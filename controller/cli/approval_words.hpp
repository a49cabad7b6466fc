// SPDX-License-Identifier: Apache-2.0
// An approval document, in words for the person who signs it. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/trust/approval.hpp"
#include "controller/cli/plan_view.hpp"
#include "controller/cli/terminal.hpp"

namespace signalbox::cli {

// Who signs, and for which role; both empty when nobody does.
struct SigningAs {
    std::string role;
    std::string kid;
};

// Every member of the document, which must be the plan's (check_document), with whole digests. `title`: what
// is about to happen, such as "You are about to approve".
[[nodiscard]] std::vector<std::string> approval_words(std::string_view title, const PlanView& plan,
                                                      const trust::Approval& approval, const SigningAs& as,
                                                      const Terminal& terminal, Instant now);

}  // namespace signalbox::cli
