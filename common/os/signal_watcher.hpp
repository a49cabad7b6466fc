// SPDX-License-Identifier: Apache-2.0
// Waits for SIGTERM or SIGINT in ordinary code instead of a signal handler, and ignores SIGPIPE and SIGXFSZ.
// Make it in main() before any thread: it blocks the signals, and threads inherit that. spawn() gives
// children back the normal state.
#pragma once

#include <chrono>
#include <optional>

#include "common/base/result.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::os {

class SignalWatcher {
  public:
    [[nodiscard]] static Result<SignalWatcher> open();

    // Blocks until SIGTERM or SIGINT came or wake() was called; the signal's number, 0 after wake().
    [[nodiscard]] int wait();
    // As wait(), but nothing after the time has passed.
    [[nodiscard]] std::optional<int> wait_for(std::chrono::milliseconds time);
    // Ends wait() from another thread: the program wants to stop by itself. Thread-safe.
    void wake();
    // Readable when a signal came; for a poll loop. wake() does not show here.
    [[nodiscard]] int fd() const { return signals_.get(); }

  private:
    SignalWatcher(UniqueFd signals, UniqueFd wakes)
        : signals_(std::move(signals)), wakes_(std::move(wakes)) {}
    UniqueFd signals_, wakes_;
};

}  // namespace signalbox::os
