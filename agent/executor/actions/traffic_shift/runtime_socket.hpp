// SPDX-License-Identifier: Apache-2.0
// One command to HAProxy's runtime socket: a connection each, as its non-interactive mode wants.
#pragma once

#include <chrono>
#include <string>

#include "common/base/result.hpp"

namespace signalbox::actions {

// The whole answer. `command` is one line without its end. Errors: not_found, permission_denied, unavailable,
// deadline_exceeded, resource_exhausted (an answer of more than 8 MiB).
[[nodiscard]] Result<std::string> ask_haproxy(const std::string& socket, const std::string& command,
                                              std::chrono::milliseconds timeout);

}  // namespace signalbox::actions
