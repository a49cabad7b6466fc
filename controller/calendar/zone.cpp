// SPDX-License-Identifier: Apache-2.0
#include "controller/calendar/zone.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace signalbox::calendar {
namespace {

// What an Instant can hold, in whole seconds.
constexpr std::int64_t kFirst = -9'223'372'036;
constexpr std::int64_t kLast = 9'223'372'036;

// Abseil would also take a path, "localtime" and offsets: the answer must not depend on this machine.
bool is_iana_name(std::string_view name) {
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-' || c == '+' || c == '/';
    };
    return !name.empty() && name.size() <= 60 && name[0] >= 'A' && name[0] <= 'Z' &&
           std::all_of(name.begin(), name.end(), good);
}

}  // namespace

Result<absl::TimeZone> find_zone(std::string_view name) {
    absl::TimeZone zone;
    if (is_iana_name(name) && absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &zone)) {
        return zone;
    }
    return Error{
        Code::invalid_argument, fmt::format("the time zone '{:.60}' does not exist", name),
        "Write the IANA name of a zone, as Europe/Berlin, or UTC ('timedatectl list-timezones' lists "
        "them)"};
}

Instant to_instant(const absl::TimeZone& zone, absl::CivilMinute local, Edge edge) {
    const auto info = zone.At(absl::CivilSecond(local));
    absl::Time at = info.pre;
    if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) at = info.trans;
    if (info.kind == absl::TimeZone::TimeInfo::REPEATED && edge == Edge::end) at = info.post;
    return from_unix_seconds(std::clamp(absl::ToUnixSeconds(at), kFirst, kLast));
}

absl::CivilDay local_day(const absl::TimeZone& zone, Instant instant) {
    return absl::CivilDay(zone.At(absl::FromUnixSeconds(unix_seconds(instant))).cs);
}

}  // namespace signalbox::calendar
