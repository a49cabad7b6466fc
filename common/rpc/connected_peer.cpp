// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/connected_peer.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

namespace signalbox::rpc {

std::optional<ConnectedPeer> connected_peer(int descriptor) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &length) != 0) return std::nullopt;
    if (peer.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
        return ConnectedPeer{{reinterpret_cast<const char*>(&v4.sin_addr), sizeof v4.sin_addr},
                             ntohs(v4.sin_port)};
    }
    if (peer.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
        const auto* bytes = reinterpret_cast<const char*>(&v6.sin6_addr);
        // A listener on [::] shows IPv4 peers like this; everybody else speaks of them in four bytes.
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return ConnectedPeer{{bytes + 12, 4}, ntohs(v6.sin6_port)};
        return ConnectedPeer{{bytes, sizeof v6.sin6_addr}, ntohs(v6.sin6_port)};
    }
    return std::nullopt;
}

}  // namespace signalbox::rpc
