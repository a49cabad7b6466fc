// SPDX-License-Identifier: Apache-2.0
// What the peers of each port can make the controller hold; docs/operating.md has the caps in words.
#pragma once

#include "common/rpc/server.hpp"

namespace signalbox::app {

[[nodiscard]] inline rpc::ServerBounds agent_bounds() {
    rpc::ServerBounds bounds;
    bounds.memory_bytes = std::size_t{256} << 20;
    bounds.message_bytes = 4 << 20;
    bounds.idle = std::chrono::milliseconds(120'000);
    bounds.keepalive = std::chrono::milliseconds(30'000);
    bounds.shortest_ping = std::chrono::milliseconds(5'000);
    return bounds;
}

// Keys, not client certificates, say who calls here: anybody may begin.
[[nodiscard]] inline rpc::ServerBounds operator_bounds() {
    return {};
}

}  // namespace signalbox::app
