// SPDX-License-Identifier: Apache-2.0
// The daemon: opens the state, wires the parts, serves until SIGTERM or SIGINT.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/telemetry/logger.hpp"

namespace signalbox::executor {

struct Settings {
    std::string state;
    std::string socket;
    std::string services_root;
    std::optional<uid_t> agent_uid;
    std::string agent_user;  // instead of agent_uid
};

// The kernel's id of this boot.
[[nodiscard]] Result<std::string> read_boot_id();

// Returns after an orderly stop. Errors: why it could not start.
[[nodiscard]] Status run_daemon(const Settings& settings, const telemetry::Logger& log);

}  // namespace signalbox::executor
