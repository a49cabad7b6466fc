// SPDX-License-Identifier: Apache-2.0
// Our own accept loop for gRPC. gRPC 1.51's listener can stop accepting for good once descriptors run out;
// this one keeps a reserve: a connection that would take a descriptor at or above the cap is closed at once,
// and a full descriptor table costs a pause, never the listener. Once half of what is allowed is taken, one
// address may hold no more than a quarter of it: who only occupies connections keeps nobody else out.
// start(), stop() and destruction from one thread; `take` runs on the loop's own thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/base/result.hpp"
#include "common/rpc/peer_count.hpp"

namespace signalbox::rpc {

struct AcceptOptions {
    // Descriptor numbers at or above this are refused. 0: the process's soft limit less a reserve of 64.
    int max_descriptor = 0;
    int backlog = 512;
};

class AcceptLoop {
  public:
    // Gets a connected, non-blocking socket and owns it from then on.
    using Take = std::function<void(int listener, int socket)>;

    // Binds "host:port" (numeric host, "[::1]:port" for IPv6; port 0 picks one). Errors: invalid_argument,
    // permission_denied, already_exists (address in use), unavailable.
    [[nodiscard]] static Result<std::unique_ptr<AcceptLoop>> listen(const std::string& address,
                                                                    AcceptOptions options = {});
    ~AcceptLoop();
    AcceptLoop(const AcceptLoop&) = delete;
    AcceptLoop& operator=(const AcceptLoop&) = delete;

    // The bound address, with the port that was picked.
    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

    void start(Take take);
    // Stops accepting and joins; connections already taken live on. Idempotent.
    void stop();

    // Connections closed because of the caps, for metrics.
    [[nodiscard]] std::uint64_t refused() const { return refused_.load(); }

  private:
    AcceptLoop() = default;
    void run();
    void accept_ready();
    void shed_one();
    [[nodiscard]] bool has_its_share(int socket);

    int listener_ = -1;
    int wake_ = -1;
    int spare_ = -1;  // given up for a moment to drain the backlog when the table is full
    int max_descriptor_ = 0;
    std::string address_;
    std::uint16_t port_ = 0;
    PeerCount peers_;
    Take take_;
    std::atomic<std::uint64_t> refused_{0};
    std::thread thread_;
};

}  // namespace signalbox::rpc
