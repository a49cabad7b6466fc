// SPDX-License-Identifier: Apache-2.0
// Hangs up on connections that begin calls in a flood. gRPC 1.51 holds some 10 KiB for each call that it has
// not worked off, also for those that it refused, and reads on: only the end of the connection ends that. The
// call budget says that there is a flood; gRPC's channelz (gRFC A14) says which connection it is.
//
// wake() from any thread, often; the rest from one thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include "common/rpc/connected_peer.hpp"

namespace signalbox::rpc {

class FloodGuard {
  public:
    // A connection that begins this many calls between two looks is cut off. They are 20 ms apart, and as
    // much more as it takes to look at every connection: many connections make it stricter. While one floods,
    // another that uses its whole burst at once may be cut as well; it connects again.
    explicit FloodGuard(std::int64_t calls_between_looks);
    ~FloodGuard();
    FloodGuard(const FloodGuard&) = delete;
    FloodGuard& operator=(const FloodGuard&) = delete;

    // Some connection has just gone beyond its budget.
    void wake();
    // Connections cut off, for metrics.
    [[nodiscard]] std::uint64_t cut() const { return cut_.load(); }

  private:
    using CallsBegun = std::map<ConnectedPeer, std::int64_t>;
    [[nodiscard]] static CallsBegun look();
    void run();
    void cut_off(const ConnectedPeer& peer);

    const std::int64_t limit_;
    std::atomic<std::uint64_t> cut_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
    bool woken_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace signalbox::rpc
