// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/calendar/weekly_hours.hpp"
#include "controller/estate/fields.hpp"
#include "controller/estate/name_field.hpp"
#include "controller/estate/parse.hpp"

namespace signalbox::estate {
namespace {

std::optional<Instant> time_field(Fields& fields, std::string_view key) {
    const auto text = fields.text(key);
    if (text.value.empty()) return std::nullopt;
    const auto time = calendar::parse_local_time(text.value);
    if (time) return *time;
    fields.problem(text.at, time.error().message(), time.error().remedy());
    return std::nullopt;
}

void parse_blackout(const Node& node, Calendar& out, Problems& problems) {
    Fields fields(node, "a blackout", problems);
    const std::string name = name_field(fields, "name").value;
    const auto from = time_field(fields, "from");
    const auto to = time_field(fields, "to");
    fields.finish();
    if (!from || !to) return;
    if (*to <= *from) {
        fields.problem(fields.optional("to")->at,
                       fmt::format("the blackout '{}' ends before it begins", name),
                       fmt::format("Write a time after {}", to_rfc3339(*from)));
        return;
    }
    out.value.blackouts.push_back({name, *from, *to});
}

}  // namespace

Calendar parse_calendar(const Node& document, Problems& problems) {
    Calendar out;
    out.at = document.at;
    Fields fields(document, "the calendar", problems);
    (void)fields.choice("kind", {"Calendar"});
    out.value.name = name_field(fields, "name").value;
    if (const auto open = fields.optional_text("open"); !open.value.empty()) {
        if (const auto hours = calendar::parse_weekly_hours(open.value)) {
            out.value.open_hours = open.value;
        } else {
            fields.problem(open.at, hours.error().message(), hours.error().remedy());
        }
    }
    if (const Node* blackouts = fields.optional("blackouts")) {
        if (blackouts->kind != Node::Kind::sequence) {
            fields.problem(
                blackouts->at,
                fmt::format("'blackouts' of the calendar must be a list, not {}", to_string(blackouts->kind)),
                "Write '- {name: christmas, from: \"2026-12-24 00:00 Europe/Berlin\", to: …}' lines");
        }
        for (const auto& item : blackouts->items) parse_blackout(item, out, problems);
    }
    fields.finish();
    return out;
}

}  // namespace signalbox::estate
