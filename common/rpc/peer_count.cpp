// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/peer_count.hpp"

#include "common/rpc/connected_peer.hpp"

namespace signalbox::rpc {
namespace {

// Looking at a full table of 65,536 takes some 20 ms: not for every connection of a flood.
constexpr int kLookEvery = 64;

}  // namespace

int PeerCount::of_peer(int socket, int end) {
    const auto peer = connected_peer(socket);
    if (!peer) return 1;
    if (asked_++ % kLookEvery == 0) {
        look(end);
        return counts_[peer->address];
    }
    return ++counts_[peer->address];
}

void PeerCount::look(int end) {
    counts_.clear();
    for (int fd = 0; fd < end; ++fd) {
        if (const auto peer = connected_peer(fd)) ++counts_[peer->address];
    }
}

}  // namespace signalbox::rpc
