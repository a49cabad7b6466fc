// SPDX-License-Identifier: Apache-2.0
#include "controller/calendar/weekly_hours.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "controller/calendar/zone.hpp"

namespace signalbox::calendar {
namespace {

using std::chrono::minutes;

constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::string_view kExample = "Mon-Fri 08:00-18:00 Europe/Berlin";

Error wrong(std::string message, std::string remedy) {
    return {Code::invalid_argument, std::move(message), std::move(remedy)};
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> out;
    for (std::size_t end = text.find(at); end != text.npos; end = text.find(at)) {
        out.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    out.push_back(text);
    return out;
}

std::vector<std::string_view> words(std::string_view text) {
    auto out = split(text, ' ');
    std::erase_if(out, [](std::string_view word) { return word.empty(); });
    return out;
}

std::optional<int> digits(std::string_view text, std::size_t count) {
    int out = 0;
    if (text.size() != count) return std::nullopt;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        out = out * 10 + (c - '0');
    }
    return out;
}

// "HH:MM", up to 24:00.
std::optional<minutes> time_of_day(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto hour = digits(text.substr(0, 2), 2);
    const auto minute = digits(text.substr(3), 2);
    if (!hour || !minute || *minute > 59 || *hour * 60 + *minute > 24 * 60) return std::nullopt;
    return minutes(*hour * 60 + *minute);
}

Result<std::size_t> day(std::string_view text) {
    const auto* const it = std::find(kDays.begin(), kDays.end(), text);
    if (it != kDays.end()) return static_cast<std::size_t>(it - kDays.begin());
    return wrong(fmt::format("'{:.20}' is no day", text),
                 "Write Mon Tue Wed Thu Fri Sat Sun, as Mon-Fri or Mon,Wed,Sat-Sun");
}

Result<std::array<bool, 7>> days(std::string_view text) {
    std::array<bool, 7> out{};
    for (const auto part : split(text, ',')) {
        const auto ends = split(part, '-');
        if (ends.size() > 2) return day(part).error();
        SB_TRY(const std::size_t first, day(ends.front()));
        SB_TRY(const std::size_t last, day(ends.back()));
        for (std::size_t at = first;; at = (at + 1) % 7) {
            out.at(at) = true;
            if (at == last) break;
        }
    }
    return out;
}

Result<DailyHours> daily(std::string_view text) {
    const auto parts = words(text);
    if (parts.size() != 3) {
        return wrong(fmt::format("'{:.80}' is not of the form 'days hours zone'", text),
                     fmt::format("Write it as \"{}\"", kExample));
    }
    DailyHours out;
    SB_TRY(out.days, days(parts[0]));
    const auto ends = split(parts[1], '-');
    const auto from = time_of_day(ends.front());
    const auto to = time_of_day(ends.back());
    if (ends.size() != 2 || !from || !to || *from == minutes(24 * 60)) {
        return wrong(fmt::format("'{:.40}' are no hours of a day", parts[1]),
                     "Write them as 08:00-18:00, or 22:00-06:00 until the next day");
    }
    out.from = *from;
    out.to = *to;
    out.zone = std::string(parts[2]);
    SB_CHECK(find_zone(out.zone));
    return out;
}

absl::CivilMinute minute_of(absl::CivilDay day, minutes at) {
    return absl::CivilMinute(day) + at.count();
}

void add(const DailyHours& span, Instant from, Instant to, std::vector<Interval>& out) {
    const auto zone = find_zone(span.zone);
    if (!zone) return;  // parse_weekly_hours found it; only a database that was removed since can lack it
    const minutes end = span.to > span.from ? span.to : span.to + minutes(24 * 60);
    const absl::CivilDay last = local_day(*zone, to);
    // The hours of the day before may reach into the first.
    for (absl::CivilDay at = local_day(*zone, from) - 1; at <= last; ++at) {
        if (!span.days.at(static_cast<std::size_t>(absl::GetWeekday(at)))) continue;
        const Instant begin = std::max(from, to_instant(*zone, minute_of(at, span.from), Edge::begin));
        const Instant over = std::min(to, to_instant(*zone, minute_of(at, end), Edge::end));
        if (begin < over) out.push_back({begin, over});
    }
}

}  // namespace

Result<WeeklyHours> parse_weekly_hours(std::string_view text) {
    WeeklyHours out;
    if (text.size() > 1000) return wrong("the hours are longer than 1000 bytes", "Write fewer");
    for (const auto part : split(text, ';')) {
        SB_TRY(auto span, daily(part));
        out.spans.push_back(std::move(span));
    }
    return out;
}

Result<Instant> parse_local_time(std::string_view text) {
    const auto parts = words(text);
    const auto date = parts.empty() ? parts : split(parts[0], '-');
    const auto time = parts.size() == 3 ? time_of_day(parts[1]) : std::nullopt;
    if (!time || date.size() != 3 || *time == minutes(24 * 60)) {
        return wrong(fmt::format("'{:.80}' is no time", text),
                     "Write date, time and zone, as \"2026-12-24 18:30 Europe/Berlin\"");
    }
    SB_TRY(const absl::TimeZone zone, find_zone(parts[2]));
    const auto year = digits(date[0], 4);
    const auto month = digits(date[1], 2);
    const auto day_of_month = digits(date[2], 2);
    const bool numbers = year && month && day_of_month;
    const absl::CivilDay day = numbers ? absl::CivilDay(*year, *month, *day_of_month) : absl::CivilDay();
    // Abseil carries the 31st of April into May.
    if (!numbers || *year < 1970 || *year > 2200 || day.month() != *month || day.day() != *day_of_month) {
        return wrong(fmt::format("'{:.20}' is no date", parts[0]),
                     "Write year, month and day, as 2026-12-24, from 1970 to 2200");
    }
    return to_instant(zone, minute_of(day, *time), Edge::begin);
}

std::vector<Interval> intervals(const WeeklyHours& hours, Instant from, Instant to) {
    std::vector<Interval> found;
    for (const auto& span : hours.spans) add(span, from, to, found);
    std::sort(found.begin(), found.end(),
              [](const Interval& a, const Interval& b) { return a.from < b.from; });
    std::vector<Interval> out;
    for (const auto& next : found) {
        if (!out.empty() && next.from <= out.back().to) {
            out.back().to = std::max(out.back().to, next.to);
        } else {
            out.push_back(next);
        }
    }
    return out;
}

}  // namespace signalbox::calendar
