// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/schema/members.hpp"

#include <fmt/format.h>

#include "common/action/names.hpp"

namespace signalbox::actions {

using json::ObjectReader;

Error bad_member(const ObjectReader& reader, std::string_view key, std::string_view why) {
    return Error(Code::invalid_argument, fmt::format("{}: {}", reader.path_of(key), why));
}

Result<std::int64_t> ranged(ObjectReader& reader, std::string_view key, std::int64_t low, std::int64_t high) {
    SB_TRY(const std::int64_t value, reader.integer(key));
    if (value < low || value > high)
        return bad_member(reader, key, fmt::format("{} is not within {}..{}", value, low, high));
    return value;
}

Result<std::int64_t> ranged_or(ObjectReader& reader, std::string_view key, std::int64_t low,
                               std::int64_t high, std::int64_t absent) {
    if (reader.optional(key) == nullptr) return absent;
    return ranged(reader, key, low, high);
}

Result<std::string> string_or_empty(ObjectReader& reader, std::string_view key) {
    if (reader.optional(key) == nullptr) return std::string();
    return reader.string(key);
}

Result<std::vector<std::string>> read_argv(ObjectReader& reader, std::string_view key, EmptyArgv empty) {
    std::vector<std::string> argv;
    if (reader.optional(key) != nullptr) {
        SB_TRY(argv, reader.strings(key));
    }
    if (!argv.empty() || empty == EmptyArgv::refused)
        SB_CHECK(check_argv(argv).with_context(reader.path_of(key)));
    return argv;
}

}  // namespace signalbox::actions
