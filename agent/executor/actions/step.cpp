// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/step.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/executor/actions/artifact_stage/stage.hpp"
#include "agent/executor/actions/command_run/command_run.hpp"
#include "agent/executor/actions/folders.hpp"
#include "agent/executor/actions/health_check/health_check.hpp"
#include "agent/executor/actions/release_activate/activate.hpp"
#include "agent/executor/actions/release_revert/revert.hpp"
#include "agent/executor/actions/traffic_shift/shift.hpp"

namespace signalbox::actions {
namespace {

constexpr int kMebibyteShift = 20;

execution::Limits limits_of(const CommandLimits& asked) {
    const auto bytes = [](const std::optional<std::int64_t>& mebibytes) {
        return mebibytes ? std::optional(*mebibytes << kMebibyteShift) : std::nullopt;
    };
    return {asked.cpu_s, asked.open_files, asked.processes, bytes(asked.file_mib), bytes(asked.memory_mib)};
}

}  // namespace

StepResult failed(const Error& error) {
    return failed(error.to_string());
}

StepResult failed(std::string detail) {
    StepResult result;
    result.code = "failed";
    result.detail = std::move(detail);
    return result;
}

StepResult unchanged(std::string detail) {
    StepResult result;
    result.code = "unchanged";
    result.detail = std::move(detail);
    return result;
}

StepResult perform(const Action& action, StepContext& context) {
    try {
        return std::visit([&](const auto& body) { return perform_body(body, context); }, action.body);
    } catch (const std::exception& thrown) {
        return failed(fmt::format("{}: {}", action.kind, thrown.what()));
    }
}

Result<execution::CommandResult> start_command(const Command& command, StepContext& context, Duration limit,
                                               const std::atomic<bool>& cancel) {
    execution::CommandSpec spec;
    spec.argv = command.argv;
    spec.user = command.user;
    spec.working_directory = context.service_root();
    spec.env = command.env;
    spec.env["SIGNALBOX_SERVICE"] = context.service;
    spec.env["SIGNALBOX_RELEASE_ID"] = context.release_id;
    spec.env["SIGNALBOX_STEP_ID"] = context.step_id.str();
    spec.env["SIGNALBOX_SERVICE_ROOT"] = context.service_root();
    spec.limit = limit;
    spec.limits = limits_of(command.limits);
    if (!command.secrets.empty()) {
        spec.secrets = context.secrets;
        spec.credentials_folder = context.credentials_folder;
    }
    spec.redact = context.redact;
    spec.control_groups = context.control_groups;
    if (context.hard_end) {
        const Duration after = *context.hard_end - (context.clock->boot() + limit);
        spec.term_grace = std::clamp(std::chrono::floor<std::chrono::milliseconds>(after),
                                     std::chrono::milliseconds{0}, spec.term_grace);
    }
    SB_CHECK(make_open_folder(spec.working_directory));
    return execution::run(spec, *context.clock, cancel);
}

StepResult run_command(const Command& command, StepContext& context) {
    return run_command(command, context, context.left(), *context.cancel);
}

StepResult run_command(const Command& command, StepContext& context, Duration limit,
                       const std::atomic<bool>& cancel) {
    const auto ended = start_command(command, context, limit, cancel);
    if (!ended) return failed(ended.error());
    StepResult result;
    result.exit_status = ended->exit_status;
    result.signal = ended->signal;
    result.out = ended->out;
    result.err = ended->err;
    if (ended->interrupted) {
        result.code = "interrupted";
        result.detail =
            "the processes that watched over the command were killed; it was ended, with all that it started";
    } else if (ended->timed_out) {
        result.code = "timed_out";
        result.detail = "the command was ended at its deadline, with all that it started";
    } else if (ended->cancelled) {
        result.code = "killed";
        result.detail = "the executor was stopped; the command was ended, with all that it started";
    } else if (ended->signal != 0) {
        result.code = "failed";
        result.detail = fmt::format("the command was ended by signal {}", ended->signal);
    } else if (ended->exit_status != 0) {
        result.code = "failed";
        result.detail = fmt::format("the command exited with {}", ended->exit_status);
    }
    return result;
}

}  // namespace signalbox::actions
