// SPDX-License-Identifier: Apache-2.0
// What every action gets and gives back. One step runs on one thread; the referenced things outlive the step.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/executor/actions/schema/action.hpp"
#include "agent/executor/execution/capture.hpp"
#include "agent/executor/execution/process.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::actions {

// An HTTP GET that the network face makes for the executor, which opens no network socket.
struct ProbeAnswer {
    std::int64_t status = 0;
    std::string body;
};
class Prober {
  public:
    virtual ~Prober() = default;
    // Blocks for at most `timeout`. Errors: unavailable, deadline_exceeded, cancelled.
    [[nodiscard]] virtual Result<ProbeAnswer> get(const std::string& url,
                                                  std::chrono::milliseconds timeout) = 0;
};

// What a step found at `current` and what it makes of it; absent: no `current`.
struct Switch {
    std::optional<std::string> before;
    std::string after;
};
// Remembered durably, by the step of this approval.
class SwitchMemory {
  public:
    virtual ~SwitchMemory() = default;
    [[nodiscard]] virtual Result<std::optional<Switch>> find(const StepId& step) = 0;
    [[nodiscard]] virtual Status remember(const StepId& step, const Switch& change) = 0;
};

struct StepContext {
    std::string services_root;   // absolute
    std::string private_folder;  // the executor's own, for the private copy of an artifact
    std::string service;
    std::string release_id;
    StepId step_id;
    Duration deadline{};  // on the boot clock
    // On the boot clock, not before the deadline: what still runs then is killed without grace.
    std::optional<Duration> hard_end;
    const Clock* clock = nullptr;
    const std::atomic<bool>* cancel = nullptr;
    // Waits; false when the step was cancelled meanwhile.
    std::function<bool(Duration)> pause;
    SwitchMemory* switches = nullptr;
    Prober* prober = nullptr;
    std::string credentials_folder;            // where the secrets of a command are while it runs
    const secret::Values* secrets = nullptr;   // of the action's command, opened; null: none
    const secret::Patterns* redact = nullptr;  // what is taken out of output and detail; null: nothing
    const execution::ControlGroups* control_groups = nullptr;  // null: the host has none
    std::vector<os::UniqueFd> artifacts;

    [[nodiscard]] std::string service_root() const { return services_root + "/" + service; }
    [[nodiscard]] Duration left() const { return deadline - clock->boot(); }
};

struct StepResult {
    std::string code = "ok";  // ok failed unchanged timed_out killed nothing_to_do refused:R_…
    std::string detail;       // one line for people
    int exit_status = 0;
    int signal = 0;
    std::optional<execution::Captured> out, err;
    std::optional<crypto::Digest> before, after;

    [[nodiscard]] bool succeeded() const { return code == "ok" || code == "nothing_to_do"; }
};
[[nodiscard]] StepResult failed(const Error& error);
[[nodiscard]] StepResult failed(std::string detail);
// Failed before anything was changed: there is nothing to take back.
[[nodiscard]] StepResult unchanged(std::string detail);

// Does what the action says. Never throws; every failure is a result.
[[nodiscard]] StepResult perform(const Action& action, StepContext& context);

// The command of a step: in the service's folder, with its variables, until the step's deadline, or for
// `limit` and until `cancel` is set.
[[nodiscard]] StepResult run_command(const Command& command, StepContext& context);
[[nodiscard]] StepResult run_command(const Command& command, StepContext& context, Duration limit,
                                     const std::atomic<bool>& cancel);
[[nodiscard]] Result<execution::CommandResult> start_command(const Command& command, StepContext& context,
                                                             Duration limit, const std::atomic<bool>& cancel);

}  // namespace signalbox::actions
