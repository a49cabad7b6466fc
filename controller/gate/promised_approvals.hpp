// SPDX-License-Identifier: Apache-2.0
// What the estate promises about approvals against what hosts go by, the trust file. Pure.
#pragma once

#include "common/trust/trust_file.hpp"
#include "controller/estate/model.hpp"
#include "controller/estate/problem.hpp"

namespace signalbox::gate {

// An environment whose estate asks for more people than the trust file does, or for a role that it does not
// know: its readers would believe in a rule that nobody enforces. What the trust file asks beyond that is no
// problem.
void check_promised_approvals(const estate::Environment& environment, const trust::TrustFile& trust,
                              estate::Problems& problems);

}  // namespace signalbox::gate
