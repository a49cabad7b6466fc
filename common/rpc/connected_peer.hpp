// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of a connected Internet socket. Any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace signalbox::rpc {

struct ConnectedPeer {
    std::string address;  // 4 or 16 bytes, in network order
    std::uint16_t port = 0;
    friend auto operator<=>(const ConnectedPeer&, const ConnectedPeer&) = default;
};

// Nothing when the descriptor is no such socket, or no longer.
[[nodiscard]] std::optional<ConnectedPeer> connected_peer(int descriptor);

}  // namespace signalbox::rpc
