// SPDX-License-Identifier: Apache-2.0
// Numbers, sizes and times as people read them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/time.hpp"

namespace signalbox::cli {

// "0s", "59s", "3m20s", "2h05m", "4d03h": never more than two units.
[[nodiscard]] std::string elapsed(Duration duration);
// "3m20s ago", "in 4d03h"; the text itself when it is not an RFC 3339 time; "-" when it is empty.
[[nodiscard]] std::string relative(std::string_view rfc3339, Instant now);
// "512 B", "1.5 KiB", "20.0 GiB"
[[nodiscard]] std::string byte_size(std::uint64_t bytes);
// "1 step", "3 steps", "2 entries"
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one, std::string_view many = {});
// The first 12 characters of a long identifier.
[[nodiscard]] std::string shortened(std::string_view identifier);

}  // namespace signalbox::cli
