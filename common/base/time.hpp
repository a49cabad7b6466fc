// SPDX-License-Identifier: Apache-2.0
// Instants, RFC 3339 text, and the injected clock. Pure code takes `Instant now`; only shells hold a Clock.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox {

using Duration = std::chrono::nanoseconds;
// A point of wall-clock time in UTC.
using Instant = std::chrono::sys_time<Duration>;

// "2026-11-23T08:50:30Z", with ".123456789" trimmed of trailing zeros when there is a fraction (RFC 3339 5.6,
// UTC).
[[nodiscard]] std::string to_rfc3339(Instant instant);
// Accepts a 'Z' or numeric offset; the years 1678 to 2261. Errors: invalid_argument.
[[nodiscard]] Result<Instant> parse_rfc3339(std::string_view text);

[[nodiscard]] inline std::int64_t unix_seconds(Instant t) {
    return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}
[[nodiscard]] inline Instant from_unix_seconds(std::int64_t s) {
    return Instant{std::chrono::seconds{s}};
}

// "90s", "15m", "2h", "1h30m", "250ms", "7d". Errors: invalid_argument, naming the text.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
// The shortest text that parse_duration reads back to the same value, for whole milliseconds: "1m30s".
[[nodiscard]] std::string format_duration(Duration duration);

// Thread-safe.
class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
    // Time since boot, suspend included (CLOCK_BOOTTIME): for deadlines that a clock step must not move.
    [[nodiscard]] virtual Duration boot() const = 0;
};

class SystemClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override;
    [[nodiscard]] Duration boot() const override;
};

}  // namespace signalbox
