// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/lockout.hpp"

#include <algorithm>

namespace signalbox::fleet {

bool Lockout::locked(const std::string& peer, Instant now) const {
    const auto found = peers_.find(peer);
    return found != peers_.end() && now < found->second.locked_until;
}

bool Lockout::failed(const std::string& peer, Instant now) {
    if (!peers_.contains(peer) && peers_.size() >= limits_.max_peers) forget_oldest();
    Peer& state = peers_[peer];
    if (now - state.first > limits_.window) {
        state.failures = 0;
        state.first = now;
    }
    state.last = now;
    if (++state.failures < limits_.failures) return false;
    state.failures = 0;
    state.locked_until = now + limits_.lasts;
    return true;
}

void Lockout::forget_oldest() {
    const auto oldest = std::min_element(peers_.begin(), peers_.end(), [](const auto& a, const auto& b) {
        return a.second.last < b.second.last;
    });
    if (oldest != peers_.end()) peers_.erase(oldest);
}

}  // namespace signalbox::fleet
