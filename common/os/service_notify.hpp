// SPDX-License-Identifier: Apache-2.0
// Tells the service manager how we are (systemd's sd_notify(3) protocol, without its library). Safe from any
// thread.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::os {

// Lines of "KEY=value": "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…". Success when no manager listens
// (NOTIFY_SOCKET is not set). Errors: unavailable.
[[nodiscard]] Status notify_service_manager(std::string_view state);

// How often the manager wants WATCHDOG=1 at the latest (half of it is a good interval); nothing when it does
// not (WATCHDOG_USEC, WATCHDOG_PID).
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace signalbox::os
