// SPDX-License-Identifier: Apache-2.0
// Members that several kinds of action have, read strictly. Pure. Errors: invalid_argument, naming the
// member.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/executor/actions/schema/action.hpp"
#include "common/json/json.hpp"

namespace signalbox::actions {

[[nodiscard]] Error bad_member(const json::ObjectReader& reader, std::string_view key, std::string_view why);
[[nodiscard]] Result<std::int64_t> ranged(json::ObjectReader& reader, std::string_view key, std::int64_t low,
                                          std::int64_t high);
// `absent` when it is not there.
[[nodiscard]] Result<std::int64_t> ranged_or(json::ObjectReader& reader, std::string_view key,
                                             std::int64_t low, std::int64_t high, std::int64_t absent);
[[nodiscard]] Result<std::string> string_or_empty(json::ObjectReader& reader, std::string_view key);

enum class EmptyArgv { allowed, refused };
// Words of a command. One that may be empty may also be absent.
[[nodiscard]] Result<std::vector<std::string>> read_argv(json::ObjectReader& reader, std::string_view key,
                                                         EmptyArgv empty);

// The body of traffic.shift, whatever its adapter.
[[nodiscard]] Result<TrafficShift> read_traffic(json::ObjectReader& reader);

inline constexpr std::int64_t kMaxSeconds = 86'400;

}  // namespace signalbox::actions
