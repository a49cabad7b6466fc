// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "controller/cli/timeline_draw.hpp"

namespace signalbox::cli {
namespace {

using std::chrono::seconds;

constexpr std::array<std::int64_t, 22> kSteps{1,     2,     5,      10,     15,      30,     60,    120,
                                              300,   600,   900,    1800,   3600,    7200,   10800, 21600,
                                              43200, 86400, 172800, 604800, 1209600, 2592000};

std::string words_of(Instant at, std::int64_t step, bool day) {
    const std::string text = to_rfc3339(at);  // 2026-11-23T09:05:00Z
    std::string date = text.substr(5, 5);
    if (step >= 86400) return date;
    const std::string time = text.substr(11, step < 60 ? 8 : 5);
    return day ? date + " " + time : time;
}

}  // namespace

std::vector<Tick> ticks_of(Instant from, Instant to, std::size_t most) {
    const std::int64_t begin = unix_seconds(from);
    const std::int64_t end = unix_seconds(to);
    std::int64_t step = kSteps.back();
    for (const std::int64_t candidate : kSteps) {
        const std::int64_t count = end / candidate - (begin + candidate - 1) / candidate + 1;
        if (count > static_cast<std::int64_t>(std::max<std::size_t>(most, 1))) continue;
        step = candidate;
        break;
    }
    std::vector<Tick> out;
    std::int64_t day = begin / 86400;
    for (std::int64_t at = (begin + step - 1) / step * step; at <= end && out.size() < 1000; at += step) {
        const Instant when = from_unix_seconds(at);
        if (when < from) continue;
        out.push_back({when, words_of(when, step, at / 86400 != day)});
        day = at / 86400;
    }
    return out;
}

}  // namespace signalbox::cli
