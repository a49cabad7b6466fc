// SPDX-License-Identifier: Apache-2.0
// What a plan changes against an earlier one, in words: what an approver looks at first. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/trust/approval.hpp"
#include "controller/cli/plan_view.hpp"

namespace signalbox::cli {

// One line a change of this service in this environment: version, source, artifacts, hosts, steps added and
// removed, and each member of an action that is another one. Steps are the same when host and name are. Hosts
// with the same change share a line. Empty: nothing differs.
[[nodiscard]] std::vector<std::string> service_changes(const PlanView& before, const PlanView& now,
                                                       std::string_view environment,
                                                       std::string_view service);

// When it may run: length of the window, time to undo, overrun, closed times. Empty: nothing differs.
[[nodiscard]] std::vector<std::string> term_changes(const trust::Approval& before,
                                                    const trust::Approval& now);

}  // namespace signalbox::cli
