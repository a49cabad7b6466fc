// SPDX-License-Identifier: Apache-2.0
// An owned file descriptor that travels beside a message.
#pragma once

#include "common/os/unique_fd.hpp"

namespace signalbox::ipc {

using Descriptor = os::UniqueFd;

}  // namespace signalbox::ipc
