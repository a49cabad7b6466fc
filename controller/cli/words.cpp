// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/words.hpp"

#include <fmt/format.h>

#include <array>

namespace signalbox::cli {

std::string elapsed(Duration duration) {
    const std::int64_t s = std::chrono::floor<std::chrono::seconds>(duration).count();
    if (s <= 0) return "0s";
    if (s < 60) return fmt::format("{}s", s);
    if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
    if (s < 86400) return fmt::format("{}h{:02}m", s / 3600, s % 3600 / 60);
    return fmt::format("{}d{:02}h", s / 86400, s % 86400 / 3600);
}

std::string relative(std::string_view rfc3339, Instant now) {
    if (rfc3339.empty()) return "-";
    const auto when = parse_rfc3339(rfc3339);
    if (!when) return std::string(rfc3339);
    return *when > now ? "in " + elapsed(*when - now) : elapsed(now - *when) + " ago";
}

std::string byte_size(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 4> kUnits = {"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) value /= 1024, ++unit;
    return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
    if (count == 1) return fmt::format("1 {}", one);
    return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

std::string shortened(std::string_view identifier) {
    return std::string(identifier.substr(0, 12));
}

}  // namespace signalbox::cli
