// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/calendar/weekly_hours.hpp"
#include "controller/estate/name_field.hpp"
#include "controller/estate/parse.hpp"
#include "controller/estate/parse_parts.hpp"

namespace signalbox::estate {
namespace {

using std::chrono::hours;

constexpr int kMostInFlight = 10'000;

void parse_peak(const Node& node, const std::string& what, Cap& out, Problems& problems) {
    Fields fields(node, what + ".peak", problems);
    const auto when = fields.text("hours");
    if (!when.value.empty()) {
        if (const auto read = calendar::parse_weekly_hours(when.value)) {
            out.peak_hours = when.value;
        } else {
            fields.problem(when.at, read.error().message(), read.error().remedy());
        }
    }
    fields.required("max_in_flight");
    out.peak_max_in_flight = fields.integer("max_in_flight", out.max_in_flight, 1, kMostInFlight);
    if (out.peak_max_in_flight > out.max_in_flight) {
        fields.problem(node.at,
                       fmt::format("{} lets more in flight in peak hours ({}) than otherwise ({})", what,
                                   out.peak_max_in_flight, out.max_in_flight),
                       fmt::format("Write a 'max_in_flight' of at most {} for them", out.max_in_flight));
    }
    fields.finish();
}

}  // namespace

Cap parse_cap(const Node& node, const std::string& what, Problems& problems) {
    Cap out;
    out.at = node.at;
    Fields fields(node, what, problems);
    fields.required("max_in_flight");
    out.max_in_flight = fields.integer("max_in_flight", 1, 1, kMostInFlight);
    out.hard_cap = fields.integer("hard_cap", out.max_in_flight, 1, kMostInFlight);
    if (out.hard_cap < out.max_in_flight) {
        fields.problem(fields.optional("hard_cap")->at,
                       fmt::format("'hard_cap' of {} is {}, lower than 'max_in_flight', {}", what,
                                   out.hard_cap, out.max_in_flight),
                       fmt::format("Write at least {}: it is what an emergency may use", out.max_in_flight));
        out.hard_cap = out.max_in_flight;
    }
    out.peak_max_in_flight = out.max_in_flight;
    if (const Node* peak = fields.optional("peak")) parse_peak(*peak, what, out, problems);
    fields.finish();
    return out;
}

Breaker parse_breaker(const Node& node, Problems& problems) {
    Breaker out;
    Fields fields(node, "breaker", problems);
    const std::size_t before = problems.size();
    out.failures = fields.integer("failures", 0, 1, 10'000);
    if (const auto rate = fields.percent("rate")) out.rate_percent = rate->number;
    out.rate_of = fields.integer("rate_of", out.rate_of, 1, 10'000);
    out.window = fields.seconds("window", out.window, Seconds(1), hours(24));
    out.half_open_after = fields.seconds("half_open_after", out.half_open_after, Seconds(1), hours(24));
    if (out.failures == 0 && out.rate_percent == 0 && problems.size() == before) {
        fields.problem(node.at, "the breaker counts nothing",
                       "Add 'failures: 3', 'rate: 20%', or both; or remove 'breaker'");
    }
    if (out.rate_percent == 0 && fields.optional("rate_of") != nullptr && problems.size() == before) {
        fields.problem(fields.optional("rate_of")->at, "'rate_of' of breaker stands without 'rate'",
                       "Add 'rate: 20%', or remove 'rate_of'");
    }
    fields.finish();
    return out;
}

Throttle parse_throttle(const Node& document, Problems& problems) {
    Throttle out;
    out.at = document.at;
    Fields fields(document, "the throttle", problems);
    (void)fields.choice("kind", {"Throttle"});
    if (const Node* global = fields.optional("global")) out.global = parse_cap(*global, "global", problems);
    if (const Node* sites = fields.optional("sites")) {
        Fields list(*sites, "sites", problems);
        for (const auto& entry : sites->entries) {
            out.sites[entry.key] = parse_cap(entry.value, fmt::format("site '{:.40}'", entry.key), problems);
        }
    }
    if (!out.global && out.sites.empty()) {
        fields.problem(document.at, "the throttle limits nothing",
                       "Add 'global: {max_in_flight: 50}' or 'sites: {dc1: {max_in_flight: 5}}'");
    }
    fields.finish();
    return out;
}

}  // namespace signalbox::estate
