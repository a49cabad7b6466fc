// SPDX-License-Identifier: Apache-2.0
// Whether this host can remember what it does: the controller gives it nothing to do while it cannot.
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "common/base/result.hpp"

namespace signalbox::executor {

class StoreHealth {
  public:
    // Below this many free bytes the journal may be full at the next step.
    static constexpr std::uint64_t kReserve = 4 << 20;

    // What became of a write.
    void wrote(const Status& stored) {
        const std::lock_guard lock(mutex_);
        failed_ = stored ? "" : "the journal cannot be written: " + stored.error().message();
    }
    void look(const Result<std::uint64_t>& free_bytes);
    // A write failed, and none succeeded since.
    [[nodiscard]] bool failed() const {
        const std::lock_guard lock(mutex_);
        return !failed_.empty();
    }
    // In words for people; empty when all is well.
    [[nodiscard]] std::string problem() const;
    // True once for each time that a problem, this one or a step's, came or went.
    [[nodiscard]] bool changed(const std::string& problem);

  private:
    mutable std::mutex mutex_;
    std::string failed_, full_;
    bool told_ = false;  // of a problem
};

}  // namespace signalbox::executor
