// SPDX-License-Identifier: Apache-2.0
// What to run when, earliest first; of two at the same instant, the one that was added first. Not
// thread-safe: its owner locks.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "common/async/strand.hpp"

namespace signalbox::async {

class TimerQueue {
  public:
    TimerId add(Instant when, Task task);
    // The task, when it was still waiting: for the caller to destroy outside its lock.
    Task cancel(TimerId timer);
    [[nodiscard]] std::optional<Instant> next() const;
    // The earliest one if it is due at `now`.
    std::optional<Task> take_due(Instant now);
    [[nodiscard]] bool empty() const { return waiting_.empty(); }

  private:
    using Key = std::pair<Instant, std::uint64_t>;
    std::map<Key, Task> waiting_;
    std::unordered_map<std::uint64_t, Instant> when_;
    std::uint64_t last_ = 0;
};

}  // namespace signalbox::async
