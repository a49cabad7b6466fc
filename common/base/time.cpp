// SPDX-License-Identifier: Apache-2.0
#include "common/base/time.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>

namespace signalbox {
namespace {

using namespace std::chrono;

Error bad_time(std::string_view text) {
    return {Code::invalid_argument, fmt::format("'{}' is not an RFC 3339 time", text),
            "Write it as 2026-11-23T08:50:30Z."};
}

// Reads exactly `width` digits at `at`; false when there are not that many.
bool digits(std::string_view text, std::size_t& at, std::size_t width, int& out) {
    if (text.size() < at + width) return false;
    out = 0;
    for (std::size_t i = 0; i < width; ++i) {
        const char c = text[at + i];
        if (c < '0' || c > '9') return false;
        out = out * 10 + (c - '0');
    }
    at += width;
    return true;
}

bool literal(std::string_view text, std::size_t& at, char c) {
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
}

struct Unit {
    std::string_view name;
    Duration length;
};
constexpr std::array<Unit, 5> kUnits{
    {{"d", hours{24}}, {"h", hours{1}}, {"m", minutes{1}}, {"s", seconds{1}}, {"ms", milliseconds{1}}}};

}  // namespace

std::string to_rfc3339(Instant instant) {
    const auto day = floor<days>(instant);
    const year_month_day date{day};
    const hh_mm_ss time{instant - day};
    std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                   time.hours().count(), time.minutes().count(), time.seconds().count());
    if (const auto nanos = time.subseconds().count(); nanos != 0) {
        std::string fraction = fmt::format("{:09}", nanos);
        fraction.erase(fraction.find_last_not_of('0') + 1);
        text += "." + fraction;
    }
    return text + "Z";
}

Result<Instant> parse_rfc3339(std::string_view text) {
    std::size_t at = 0;
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    const bool shape = digits(text, at, 4, y) && literal(text, at, '-') && digits(text, at, 2, mo) &&
                       literal(text, at, '-') && digits(text, at, 2, d) && literal(text, at, 'T') &&
                       digits(text, at, 2, h) && literal(text, at, ':') && digits(text, at, 2, mi) &&
                       literal(text, at, ':') && digits(text, at, 2, s);
    const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
    // Nanoseconds in 64 bits reach from 1677 to 2262.
    if (!shape || !date.ok() || y < 1678 || y > 2261 || h > 23 || mi > 59 || s > 59) return bad_time(text);

    std::int64_t nanos = 0;
    if (literal(text, at, '.')) {
        std::int64_t scale = 100'000'000;
        const std::size_t first = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
            nanos += scale * (text[at++] - '0');
            scale /= 10;
        }
        if (at == first) return bad_time(text);
    }
    minutes offset{0};
    if (!literal(text, at, 'Z')) {
        if (at >= text.size() || (text[at] != '+' && text[at] != '-')) return bad_time(text);
        const int sign = text[at++] == '-' ? -1 : 1;
        int oh = 0, om = 0;
        if (!digits(text, at, 2, oh) || !literal(text, at, ':') || !digits(text, at, 2, om) || oh > 23 ||
            om > 59) {
            return bad_time(text);
        }
        offset = sign * (hours{oh} + minutes{om});
    }
    if (at != text.size()) return bad_time(text);
    return Instant{sys_days{date}.time_since_epoch() + hours{h} + minutes{mi} + seconds{s} +
                   nanoseconds{nanos} - offset};
}

Result<Duration> parse_duration(std::string_view text) {
    const Error bad{Code::invalid_argument, fmt::format("'{}' is not a duration", text),
                    "Write it as a number and a unit: 250ms, 30s, 15m, 2h, 7d, or 1h30m."};
    Duration total{0};
    std::string_view rest = text;
    if (rest.empty()) return bad;
    while (!rest.empty()) {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
        if (error != std::errc{} || count < 0 || count > 1'000'000'000) return bad;
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        const std::size_t length = std::min(rest.find_first_of("0123456789"), rest.size());
        const std::string_view name = rest.substr(0, length);
        const Unit* unit = nullptr;
        for (const Unit& candidate : kUnits) {
            if (candidate.name == name) unit = &candidate;
        }
        if (unit == nullptr || (count != 0 && unit->length > duration_cast<Duration>(days{36500}) / count))
            return bad;
        total += unit->length * count;
        rest.remove_prefix(length);
    }
    return total;
}

std::string format_duration(Duration duration) {
    std::string text;
    for (const Unit& unit : kUnits) {
        const auto count = duration / unit.length;
        if (count > 0) text += fmt::format("{}{}", count, unit.name);
        duration -= unit.length * count;
    }
    return text.empty() ? "0s" : text;
}

Instant SystemClock::now() const {
    return time_point_cast<Duration>(system_clock::now());
}

Duration SystemClock::boot() const {
    timespec ts{};
    clock_gettime(CLOCK_BOOTTIME, &ts);
    return seconds{ts.tv_sec} + nanoseconds{ts.tv_nsec};
}

}  // namespace signalbox
