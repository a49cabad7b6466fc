// SPDX-License-Identifier: Apache-2.0
// How many lines strangers may cause in a log: so many in each span of time, and the rest is counted. Pure;
// not thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/time.hpp"

namespace signalbox::telemetry {

class LineLimit {
  public:
    LineLimit(std::uint64_t lines, Duration span) : lines_(lines), span_(span) {}

    struct Verdict {
        bool write = false;
        std::uint64_t left_out = 0;  // in the span that is over, told once
    };
    // `now`: of the boot clock.
    [[nodiscard]] Verdict admit(Duration now) {
        Verdict verdict;
        if (!began_ || now - *began_ >= span_) {
            began_ = now;
            verdict.left_out = written_ > lines_ ? written_ - lines_ : 0;
            written_ = 0;
        }
        verdict.write = ++written_ <= lines_;
        return verdict;
    }

  private:
    std::uint64_t lines_;
    Duration span_;
    std::optional<Duration> began_;
    std::uint64_t written_ = 0;  // or wanted to be
};

}  // namespace signalbox::telemetry
