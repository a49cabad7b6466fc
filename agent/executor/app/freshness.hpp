// SPDX-License-Identifier: Apache-2.0
// Whether the ledger still shows something new. An idle controller adds an entry every ten minutes and shows
// each host a checkpoint about as often, so a ledger that stands still for long is withheld, frozen or out of
// reach; the host cannot tell which, and says it once, until it grows again. Times on the boot clock.
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>

#include "common/base/time.hpp"

namespace signalbox::executor {

class Freshness {
  public:
    static constexpr std::chrono::minutes kStaleAfter{60};

    explicit Freshness(Duration now) : grew_(now) {}

    // A checkpoint of so many entries was accepted.
    void saw(std::uint64_t size, Duration now) {
        const std::lock_guard lock(mutex_);
        if (size <= size_) return;
        size_ = size;
        grew_ = now;
        said_ = false;
    }
    // True once for each time that nothing new came for kStaleAfter.
    [[nodiscard]] bool became_stale(Duration now) {
        const std::lock_guard lock(mutex_);
        if (said_ || now - grew_ < kStaleAfter) return false;
        return said_ = true;
    }

  private:
    std::mutex mutex_;
    std::uint64_t size_ = 0;  // the greatest since the start
    Duration grew_;
    bool said_ = false;
};

}  // namespace signalbox::executor
