// SPDX-License-Identifier: Apache-2.0
// Keeps those out who fail to enrol again and again. Pure state over an injected time; not thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "common/base/time.hpp"

namespace signalbox::fleet {

struct LockoutLimits {
    int failures = 10;  // within `window` lead to a lock-out
    Duration window = std::chrono::minutes(10);
    Duration lasts = std::chrono::minutes(15);
    std::size_t max_peers = 4096;  // remembered; when full, the one heard of longest ago is forgotten
};

class Lockout {
  public:
    explicit Lockout(LockoutLimits limits = {}) : limits_(limits) {}

    [[nodiscard]] bool locked(const std::string& peer, Instant now) const;
    // True when this failure is the one that locks the peer out.
    bool failed(const std::string& peer, Instant now);

  private:
    struct Peer {
        int failures = 0;
        Instant first{};
        Instant last{};
        Instant locked_until{};
    };
    void forget_oldest();

    LockoutLimits limits_;
    std::map<std::string, Peer> peers_;
};

}  // namespace signalbox::fleet
