// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/release_revert/revert.hpp"

#include <fmt/format.h>

#include "agent/executor/actions/current_link.hpp"

namespace signalbox::actions {

StepResult perform_body(const ReleaseRevert& action, StepContext& context) {
    const std::string root = context.service_root();
    const auto change = context.switches->find(action.of);
    if (!change) return failed(change.error());
    StepResult result;
    if (!*change) {
        result.code = "nothing_to_do";
        result.detail = fmt::format("step {} never switched anything here", action.of.str());
        return result;
    }
    const auto found = read_current(root);
    if (!found) return failed(found.error());
    const Switch& undo = **change;
    // Going back from something else than that step's work would undo somebody else's release.
    if (*found != undo.after && *found != undo.before)
        return failed(
            fmt::format("current points to {}, not to {} which step {} set: another release is live",
                        found->value_or("nothing"), undo.after, action.of.str()));
    if (*found != undo.before) {
        if (const auto set = set_current(root, undo.before); !set) return failed(set.error());
    }
    if (!action.command.argv.empty()) result = run_command(action.command, context);
    result.before = digest_of(*found);
    result.after = digest_of(undo.before);
    return result;
}

}  // namespace signalbox::actions
