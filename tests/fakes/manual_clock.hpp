// SPDX-License-Identifier: Apache-2.0
// A clock that stands still until a test moves it. Thread-safe.
#pragma once

#include <mutex>

#include "common/base/time.hpp"

namespace signalbox::fakes {

class ManualClock final : public Clock {
  public:
    explicit ManualClock(Instant start = from_unix_seconds(1'800'000'000)) : now_(start) {}

    [[nodiscard]] Instant now() const override {
        const std::lock_guard lock(mutex_);
        return now_;
    }
    [[nodiscard]] Duration boot() const override {
        const std::lock_guard lock(mutex_);
        return boot_;
    }
    // Both the wall clock and the boot clock go on.
    void advance(Duration by) {
        const std::lock_guard lock(mutex_);
        now_ += by;
        boot_ += by;
    }
    // Only the wall clock steps, as when somebody sets it.
    void step_wall(Duration by) {
        const std::lock_guard lock(mutex_);
        now_ += by;
    }

  private:
    mutable std::mutex mutex_;
    Instant now_;
    Duration boot_ = std::chrono::hours(1);
};

}  // namespace signalbox::fakes
