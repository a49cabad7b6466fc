// SPDX-License-Identifier: Apache-2.0
// Our connection to the executor on this host: connects, connects again when it comes back, and makes the
// (blocking) calls of the local protocol on a strand of its own, so that nothing else waits for them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/ipc/client.hpp"
#include "agent/link/backoff.hpp"
#include "common/async/thread_strand.hpp"
#include "common/telemetry/logger.hpp"

namespace signalbox::link {

class ExecutorFace {
  public:
    // Run on the face's own strand or a reading thread: they post and return.
    struct Handlers {
        std::function<void()> on_connected;
        std::function<void(const Error&)> on_lost;
        std::function<void(const ipc::Event&)> on_event;
    };

    // The clock and the random source must outlive it.
    ExecutorFace(std::string socket_path, Handlers handlers, const Clock& clock, crypto::Random& random,
                 telemetry::Logger log);
    // Stops: calls that are posted and not begun are dropped.
    ~ExecutorFace();
    ExecutorFace(const ExecutorFace&) = delete;
    ExecutorFace& operator=(const ExecutorFace&) = delete;

    void start();
    void stop();

    // Runs `use` on the face's strand with the connected client, or with nullptr when there is none. Calls
    // run one at a time, in order. From any thread.
    void post(std::function<void(ipc::Client*)> use);

  private:
    void connect();
    void lost(const Error& why);

    std::string socket_path_;
    Handlers handlers_;
    const Clock& clock_;
    Backoff backoff_;
    telemetry::Logger log_;
    std::uint64_t generation_ = 0;
    std::unique_ptr<ipc::Client> client_;
    async::ThreadStrand strand_;  // last: its tasks use the rest
};

}  // namespace signalbox::link
