// SPDX-License-Identifier: Apache-2.0
// What a command may be limited to, and how far: asked by the executor before it acts, and by the controller
// before it plans. Values, pure. Format: docs/formats/action.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace signalbox::actions {

// Absent: not limited by the action.
struct CommandLimits {
    std::optional<std::int64_t> cpu_s;       // processor time of each process
    std::optional<std::int64_t> file_mib;    // of each file that is written
    std::optional<std::int64_t> memory_mib;  // address space of each process
    std::optional<std::int64_t> open_files;  // of each process
    std::optional<std::int64_t> processes;   // and threads, of the command's user, all together
    friend bool operator==(const CommandLimits&, const CommandLimits&) = default;
    [[nodiscard]] bool none() const { return *this == CommandLimits{}; }
};

struct LimitRule {
    std::string_view name;  // in an action and in the estate
    std::int64_t least, most;
    std::optional<std::int64_t> CommandLimits::*member;
};

// In the order of their names.
inline constexpr std::array kLimitRules = {
    LimitRule{"cpu_s", 1, 86'400, &CommandLimits::cpu_s},
    LimitRule{"file_mib", 1, 1 << 20, &CommandLimits::file_mib},
    LimitRule{"memory_mib", 16, 1 << 20, &CommandLimits::memory_mib},
    LimitRule{"open_files", 16, 65'536, &CommandLimits::open_files},
    LimitRule{"processes", 1, 65'536, &CommandLimits::processes},
};

}  // namespace signalbox::actions
