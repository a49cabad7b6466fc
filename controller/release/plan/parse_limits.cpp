// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/release/plan/parse_parts.hpp"

namespace signalbox::plan {
namespace {

using json::Json;
using json::ObjectReader;

Result<PlanCap> parse_cap(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    PlanCap out;
    SB_TRY(out.max_in_flight, read_number(reader, "max_in_flight", 1));
    SB_TRY(out.hard_cap, read_number(reader, "hard_cap", out.max_in_flight));
    SB_TRY(out.peak_hours, reader.string("peak_hours"));
    SB_TRY(out.peak_max_in_flight, read_number(reader, "peak_max_in_flight", 1, out.max_in_flight));
    SB_CHECK(reader.finish());
    return out;
}

Result<Instant> read_time(ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::string text, reader.string(key));
    return parse_rfc3339(text).with_context(reader.path_of(key));
}

Result<PlanBlackout> parse_blackout(const Json& value, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, std::move(path)));
    PlanBlackout out;
    SB_TRY(out.name, reader.string("name"));
    SB_TRY(out.from, read_time(reader, "from"));
    SB_TRY(out.to, read_time(reader, "to"));
    SB_CHECK(reader.finish());
    if (out.to <= out.from) return wrong(reader.path(), "ends before it begins");
    return out;
}

Result<PlanCalendar> read_calendar(ObjectReader& reader) {
    SB_TRY(auto fields, reader.object("calendar"));
    PlanCalendar out;
    SB_TRY(out.name, fields.string("name"));
    SB_TRY(out.open_hours, fields.string("open_hours"));
    SB_TRY(out.blackouts, read_list(fields, "blackouts", parse_blackout));
    SB_CHECK(fields.finish());
    return out;
}

}  // namespace

Result<PlanBreaker> read_breaker(ObjectReader& reader) {
    SB_TRY(auto fields, reader.object("breaker"));
    PlanBreaker out;
    SB_TRY(out.failures, read_number(fields, "failures", 0));
    SB_TRY(out.rate_percent, read_number(fields, "rate_percent", 0, 100));
    SB_TRY(out.rate_of, read_number(fields, "rate_of", 1));
    SB_TRY(out.window, read_seconds(fields, "window_s", 1));
    SB_TRY(out.half_open_after, read_seconds(fields, "half_open_after_s", 1));
    SB_CHECK(fields.finish());
    return out;
}

Status read_limits(ObjectReader& reader, PlanEnvironment& out) {
    SB_TRY(const Json* caps, reader.raw("caps"));
    if (!caps->is_object()) return wrong(reader.path_of("caps"), "is no object");
    for (const auto& [scope, cap] : caps->items()) {
        SB_TRY(out.caps[scope], parse_cap(cap, fmt::format("{}.{}", reader.path_of("caps"), scope)));
    }
    if (!out.caps.contains("environment:" + out.name)) {
        return wrong(reader.path_of("caps"), "does not name the environment itself");
    }
    SB_TRY(out.breaker, read_breaker(reader));
    SB_TRY(out.calendar, read_calendar(reader));
    return {};
}

}  // namespace signalbox::plan
