// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "common/action/names.hpp"
#include "controller/estate/fields.hpp"
#include "controller/estate/name_field.hpp"
#include "controller/estate/parse.hpp"
#include "controller/estate/parse_parts.hpp"
#include "controller/estate/rules.hpp"
#include "controller/estate/template.hpp"

namespace signalbox::estate {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kLayout = "releases/<digest> + current";

Seconds within(Fields& fields, Seconds otherwise) {
    return std::chrono::ceil<seconds>(fields.duration("within", otherwise, seconds(1), hours(4)));
}

std::string user(Fields& fields) {
    const auto name = fields.optional_text("user");
    if (!name.value.empty() && !actions::is_user_name(name.value)) {
        fields.problem(name.at, fmt::format("'{:.40}' is not the name of a user", name.value),
                       "Use at most 32 of a-z, 0-9, '_' and '-', first a letter or '_'");
    }
    return name.value;
}

HealthCheck parse_health(const Node& node, Problems& problems) {
    HealthCheck out;
    out.at = node.at;
    Fields fields(node, "health", problems);
    const auto http = fields.optional_text("http");
    out.argv = argv_field(fields, "argv");
    if (!http.value.empty()) {
        if (const auto error = check_health_url(http.value)) {
            fields.problem(http.at, error->message(), error->remedy());
        }
        check_template(http, problems);
        out.http = http;
    }
    if (http.value.empty() == out.argv.empty()) {
        fields.problem(node.at,
                       http.value.empty() ? "'health' has neither 'http' nor 'argv'"
                                          : "'health' has both 'http' and 'argv'",
                       "Give it one of them: a URL to ask, or a program to run");
    }
    if (out.http) {
        out.expect = fields.integer("expect", 200, 100, 599);
        out.contains = fields.optional_text("contains");
        check_template(out.contains, problems);
    } else {
        out.allowance = parse_allowance(fields);
    }
    out.within = within(fields, seconds(30));
    out.interval = fields.duration("interval", milliseconds(500), milliseconds(50), minutes(5));
    out.successes = fields.integer("successes", 1, 1, 100);
    fields.finish();
    return out;
}

Command parse_command(const Entry& entry, Problems& problems) {
    Command out;
    out.name = checked_name(entry.key, entry.at, problems);
    out.at = entry.at;
    Fields fields(entry.value, fmt::format("command '{:.40}'", entry.key), problems);
    out.when =
        fields.choice("when", {"before", "after"}) == "after" ? Command::When::after : Command::When::before;
    fields.required("argv");
    out.argv = argv_field(fields, "argv");
    out.undo = argv_field(fields, "undo");
    out.user = user(fields);
    out.allowance = parse_allowance(fields);
    out.env = fields.text_map("env");
    for (const auto& [key, value] : out.env) {
        if (!actions::is_env_name(key)) {
            fields.problem(
                entry.at,
                fmt::format("command '{}' sets the variable '{:.64}', which hosts refuse", entry.key, key),
                "Use at most 64 of A-Z, 0-9 and '_', first no digit, or http_proxy, https_proxy, "
                "no_proxy; not PATH, HOME, LD_…, SIGNALBOX_… or others that change what programs load");
        }
    }
    if (out.env.size() > actions::kMaxEnv) {
        fields.problem(entry.at, fmt::format("command '{}' sets {} variables", entry.key, out.env.size()),
                       fmt::format("Set at most {}", actions::kMaxEnv));
    }
    out.within = within(fields, seconds(60));
    fields.finish();
    return out;
}

std::optional<Run> parse_run(Fields& service, std::string_view key) {
    const Node* node = service.optional(key);
    if (node == nullptr) return std::nullopt;
    Run out;
    Fields fields(*node, std::string(key), service.problems());
    fields.required("argv", fmt::format("Add 'argv: [systemctl, {}, <unit>]'", key));
    out.argv = argv_field(fields, "argv");
    out.user = user(fields);
    out.allowance = parse_allowance(fields);
    out.within = within(fields, seconds(60));
    fields.finish();
    return out;
}

void parse_stop_and_start(Fields& fields, Service& out) {
    out.stop = parse_run(fields, "stop");
    out.start = parse_run(fields, "start");
    if (out.stop.has_value() == out.start.has_value()) return;
    const std::string_view there = out.stop ? "stop" : "start";
    const std::string_view missing = out.stop ? "start" : "stop";
    fields.problem(fields.optional(there)->at,
                   fmt::format("the service has '{}' and no '{}'", there, missing),
                   fmt::format("Add '{}: {{argv: …}}': each is undone by the other", missing));
}

}  // namespace

Argv argv_field(Fields& fields, std::string_view key) {
    auto out = fields.argv(key);
    for (const auto& word : out) check_template(word, fields.problems());
    return out;
}

Service parse_service(const Node& document, Problems& problems) {
    Service out;
    out.at = document.at;
    Fields fields(document, "the service", problems);
    (void)fields.choice("kind", {"Service"});
    out.name = name_field(fields, "name").value;
    out.owner = fields.text("owner").value;
    out.support_group = fields.text("support_group").value;
    out.cost_center = fields.text("cost_center").value;
    out.criticality = fields.choice("criticality", {"critical", "high", "medium", "low"});
    out.depends_on = name_list(fields, "depends_on");
    if (const Node* artifact = fields.required("artifact", "Add 'artifact: {format: tar.zst}'")) {
        Fields inner(*artifact, "artifact", problems);
        out.format = inner.choice("format", {"tar", "tar.gz", "tar.zst"});
        const auto layout = inner.optional_text("layout");
        if (!layout.value.empty() && layout.value != kLayout) {
            inner.problem(layout.at, fmt::format("the layout '{:.60}' is not known", layout.value),
                          fmt::format("Write '{}', or leave it out", kLayout));
        }
        inner.finish();
    }
    if (const Node* activate = fields.optional("activate")) {
        Fields inner(*activate, "activate", problems);
        out.activate.argv = argv_field(inner, "argv");
        out.activate.user = user(inner);
        out.activate.allowance = parse_allowance(inner);
        out.activate.within = within(inner, seconds(60));
        inner.finish();
    }
    parse_stop_and_start(fields, out);
    if (const Node* health = fields.required(
            "health",
            "Add 'health: {http: \"http://127.0.0.1:8080/healthz\"}': without it, nothing tells that a "
            "release works")) {
        out.health = parse_health(*health, problems);
    }
    if (const Node* commands = fields.optional("commands")) {
        Fields list(*commands, "commands", problems);
        for (const auto& entry : commands->entries) out.commands.push_back(parse_command(entry, problems));
    }
    if (const Node* throttle = fields.optional("throttle")) {
        out.throttle = parse_cap(*throttle, "throttle", problems);
    }
    fields.finish();
    return out;
}

}  // namespace signalbox::estate
