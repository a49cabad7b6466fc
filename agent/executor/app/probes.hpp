// SPDX-License-Identifier: Apache-2.0
// HTTP probes by the network face: an event asks, probe_result answers. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "agent/executor/actions/step.hpp"
#include "agent/ipc/messages.hpp"

namespace signalbox::executor {

class Probes final : public actions::Prober {
  public:
    // `send` gives an event to the agent that is connected; false when none is.
    explicit Probes(std::function<bool(const ipc::Event&)> send) : send_(std::move(send)) {}

    [[nodiscard]] Result<actions::ProbeAnswer> get(const std::string& url,
                                                   std::chrono::milliseconds timeout) override;
    // An answer that nobody waits for any more is dropped.
    void answer(ipc::ProbeResultRequest result);
    // Ends all that wait, and all later ones.
    void stop();

  private:
    std::function<bool(const ipc::Event&)> send_;
    std::mutex mutex_;
    std::condition_variable answered_;
    std::map<std::string, std::optional<ipc::ProbeResultRequest>> waiting_;
    std::int64_t next_ = 1;
    bool stopped_ = false;
};

}  // namespace signalbox::executor
