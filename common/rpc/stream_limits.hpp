// SPDX-License-Identifier: Apache-2.0
// How much one stream may hold, and how long it may take to end.
#pragma once

#include <chrono>
#include <cstddef>

namespace signalbox::rpc {

struct StreamLimits {
    std::size_t max_queued_messages = 1024;
    std::size_t max_queued_bytes = std::size_t{32} << 20;
    std::chrono::milliseconds close_grace{2000};  // after it the connection is cut, whatever is unsent
};

}  // namespace signalbox::rpc
