// SPDX-License-Identifier: Apache-2.0
// Binds the executor's AF_UNIX socket so that nobody else can take its place: the folder must not be writable
// by others, a socket that is still served is not taken over, the new one is mode 0600 before it listens.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "agent/ipc/descriptor.hpp"
#include "common/base/result.hpp"

namespace signalbox::ipc {

// Errors: permission_denied (folder), already_exists, invalid_argument, not_found, unavailable.
[[nodiscard]] Result<Descriptor> listen_unix(const std::string& path, std::optional<uid_t> owner);

}  // namespace signalbox::ipc
