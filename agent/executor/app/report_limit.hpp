// SPDX-License-Identifier: Apache-2.0
// How many records of what the network face did wrong are written one by one: who has taken it over could
// otherwise fill the outbox with refusals, and then nothing runs here any more. After a burst the rest is
// counted, and one record an interval says how many there were. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "common/base/time.hpp"

namespace signalbox::executor {

class ReportLimit {
  public:
    static constexpr std::int64_t kBurst = 1024;
    static constexpr std::chrono::seconds kOneMoreEach{60};
    static constexpr std::chrono::seconds kInterval{60};  // of the records that count

    // True: record it by itself. False: it is counted under `code`. `now` on the boot clock.
    [[nodiscard]] bool admit(const std::string& code, Duration now);

    struct Counted {
        std::string code;    // the most frequent
        std::string detail;  // "1037 more were only counted: R_SIG 1000, R_KID 37"
    };
    // What was counted since the last time; nothing when that is none, or not due. `all`: due now.
    [[nodiscard]] std::optional<Counted> take(Duration now, bool all = false);

  private:
    std::mutex mutex_;
    std::int64_t left_ = kBurst;
    std::optional<Duration> refilled_;
    Duration since_{};
    std::map<std::string, std::int64_t> counts_;
};

}  // namespace signalbox::executor
