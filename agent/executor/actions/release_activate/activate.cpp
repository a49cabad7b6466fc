// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/release_activate/activate.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "agent/executor/actions/current_link.hpp"

namespace signalbox::actions {
namespace {

// The way back is remembered durably before the link moves. A later attempt that finds its own work keeps
// what the first one found.
Result<Switch> switch_current(const crypto::Digest& artifact, StepContext& context) {
    const std::string root = context.service_root();
    SB_TRY(const auto found, read_current(root));
    const std::string wanted = target_of(artifact);
    if (found == wanted) {
        SB_TRY(auto earlier, context.switches->find(context.step_id));
        if (earlier && earlier->after == wanted) return *std::move(earlier);
    }
    Switch change{found, wanted};
    SB_CHECK(context.switches->remember(context.step_id, change));
    SB_CHECK(set_current(root, wanted));
    return change;
}

}  // namespace

StepResult perform_body(const ReleaseActivate& action, StepContext& context) {
    const std::string folder = release_folder(context.service_root(), action.artifact_sha256);
    if (!std::filesystem::is_directory(std::filesystem::symlink_status(folder)))
        return failed(fmt::format("{} is not staged on this host", folder));
    const auto change = switch_current(action.artifact_sha256, context);
    if (!change) return failed(change.error());
    StepResult result = action.command.argv.empty() ? StepResult{} : run_command(action.command, context);
    result.before = digest_of(change->before);
    result.after = digest_of(change->after);
    return result;
}

}  // namespace signalbox::actions
