// SPDX-License-Identifier: Apache-2.0
// How near the end of a trust file is. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "controller/cli/terminal.hpp"

namespace signalbox::cli {

// From then on people are warned: collecting root signatures takes days.
inline constexpr Duration kExpiryWarning = std::chrono::hours(24 * 30);

struct Expiry {
    std::string words;        // "expires in 20d03h", "EXPIRED 2d00h ago: nothing can be released"
    Tone tone = Tone::plain;  // plain when there is time, otherwise warning or bad
};
[[nodiscard]] Expiry judge_expiry(Instant expires, Instant now);
// A text that is not a time is bad, not fine.
[[nodiscard]] Expiry judge_expiry(std::string_view rfc3339, Instant now);

}  // namespace signalbox::cli
