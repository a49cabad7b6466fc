// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <utility>

#include "common/record/record.hpp"

namespace signalbox::record {
namespace {

constexpr std::array<std::pair<Kind, std::string_view>, 11> kNames{{{Kind::enrolled, "enrolled"},
                                                                    {Kind::observed, "observed"},
                                                                    {Kind::refused, "refused"},
                                                                    {Kind::started, "started"},
                                                                    {Kind::finished, "finished"},
                                                                    {Kind::interrupted, "interrupted"},
                                                                    {Kind::heartbeat, "heartbeat"},
                                                                    {Kind::spool_full, "spool_full"},
                                                                    {Kind::clock_step, "clock_step"},
                                                                    {Kind::key_rotated, "key_rotated"},
                                                                    {Kind::trust_updated, "trust_updated"}}};

}  // namespace

std::string_view to_string(Kind kind) {
    for (const auto& [each, name] : kNames) {
        if (each == kind) return name;
    }
    std::terminate();  // every Kind has its name above
}

Result<Kind> parse_kind(std::string_view text) {
    for (const auto& [kind, name] : kNames) {
        if (name == text) return kind;
    }
    return Error{Code::invalid_argument, fmt::format("'{:.40}' is not a kind of record", text)};
}

}  // namespace signalbox::record
