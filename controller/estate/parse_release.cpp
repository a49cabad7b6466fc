// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "controller/estate/fields.hpp"
#include "controller/estate/name_field.hpp"
#include "controller/estate/parse.hpp"
#include "controller/estate/parse_parts.hpp"
#include "controller/estate/rules.hpp"

namespace signalbox::estate {
namespace {

using std::chrono::hours;
using Strategies = std::map<std::string, Strategy>;

std::string checked(Fields& fields, std::string_view key, std::optional<Error> (*check)(std::string_view)) {
    const auto value = fields.text(key);
    if (value.value.empty()) return {};
    if (const auto error = check(value.value)) {
        fields.problem(value.at, error->message(), error->remedy());
        return {};
    }
    return value.value;
}

ArtifactSource parse_artifacts(const Node& node, Problems& problems) {
    ArtifactSource out;
    Fields artifacts(node, "artifacts", problems);
    if (const Node* app = artifacts.required("app", "Add 'app: {url: \"blob:sha256:…\"}'")) {
        Fields fields(*app, "artifacts.app", problems);
        const auto url = fields.text("url");
        const auto sha256 = fields.optional_text("sha256");
        if (!url.value.empty()) {
            if (auto source = parse_artifact_source(url.value, sha256.value)) {
                out = *source;
            } else {
                fields.problem(url.at, source.error().message(), source.error().remedy());
            }
        }
        out.at = url.at;
        fields.finish();
    }
    artifacts.finish();
    return out;
}

void parse_source(Fields& fields, ReleaseService& out) {
    out.commit = checked(fields, "commit", check_commit);
    if (const Node* artifacts = fields.required("artifacts"))
        out.app = parse_artifacts(*artifacts, fields.problems());
}

// The common strategy, and the barrier.
Strategies parse_common_strategy(const Node& node, Release& out, Problems& problems) {
    Fields fields(node, "strategy", problems);
    Strategies strategies = parse_strategies(node, problems);
    const Node* barrier = fields.optional("barrier");
    out.barrier = name_list(fields, "barrier");
    if (barrier != nullptr && barrier->kind == Node::Kind::sequence && barrier->items.empty()) {
        fields.problem(barrier->at, "the barrier holds nobody together",
                       "Name the groups in the order in which they switch, or remove 'barrier'");
    }
    return strategies;
}

Strategies parse_own_strategy(const Node& node, const std::string& service, Problems& problems) {
    const Fields fields(node, fmt::format("the strategy of service '{:.40}'", service), problems);
    for (const auto& entry : node.entries) {
        if (entry.key != "barrier") continue;
        problems.push_back(
            {entry.at, fmt::format("the strategy of service '{:.40}' has a barrier", service),
             "Write 'barrier' in the release's own 'strategy': it holds all services together"});
    }
    Strategies out = parse_strategies(node, problems);
    if (node.kind == Node::Kind::map && out.empty()) {
        problems.push_back(
            {node.at, fmt::format("the strategy of service '{:.40}' names no host group", service),
             "Add '<group>: {kind: in_place}', or remove it: the common strategy counts then"});
    }
    return out;
}

ReleaseService parse_service_entry(const Entry& entry, Problems& problems) {
    ReleaseService out;
    out.name = {checked_name(entry.key, entry.at, problems), entry.at};
    Fields fields(entry.value, fmt::format("service '{:.40}' of the release", entry.key), problems);
    out.version = checked(fields, "version", check_semver);
    parse_source(fields, out);
    if (const Node* strategy = fields.optional("strategy"))
        out.strategy = parse_own_strategy(*strategy, entry.key, problems);
    fields.finish();
    return out;
}

void parse_many(const Node& node, Fields& fields, Release& out) {
    for (const auto* key : {"service", "commit", "artifacts"}) {
        if (const Node* there = fields.optional(key)) {
            fields.problem(there->at, fmt::format("'{}' stands beside 'services'", key),
                           "Move it into the entry of its service");
        }
    }
    out.name = name_field(fields, "name");
    Fields list(node, "services", fields.problems());
    for (const auto& entry : node.entries)
        out.services.push_back(parse_service_entry(entry, fields.problems()));
    if (node.kind == Node::Kind::map && node.entries.empty()) {
        fields.problem(node.at, "'services' names none",
                       "Add '<service>: {version: 1.0.0, commit: …, artifacts: …}'");
    }
}

void parse_one(Fields& fields, Release& out) {
    ReleaseService one;
    one.name = name_field(fields, "service");
    one.version = out.version;
    parse_source(fields, one);
    out.name = one.name;
    out.services.push_back(std::move(one));
}

void parse_strategy(Fields& fields, Release& out) {
    const bool all_have_one = std::all_of(out.services.begin(), out.services.end(),
                                          [](const auto& service) { return !service.strategy.empty(); });
    const Node* node = all_have_one && !out.services.empty()
                           ? fields.optional("strategy")
                           : fields.required("strategy", "Add 'strategy: {<group>: {kind: in_place}}'");
    if (node == nullptr) return;
    const Strategies common = parse_common_strategy(*node, out, fields.problems());
    if (node->kind == Node::Kind::map && common.empty() && !all_have_one) {
        fields.problem(node->at, "'strategy' names no host group", "Add '<group>: {kind: in_place}'");
    }
    for (auto& service : out.services) {
        if (service.strategy.empty()) service.strategy = common;
    }
}

}  // namespace

Release parse_release(const Node& document, Problems& problems) {
    Release out;
    out.at = document.at;
    Fields fields(document, "the release", problems);
    (void)fields.choice("kind", {"Release"});
    out.version = checked(fields, "version", check_semver);
    if (const Node* services = fields.optional("services")) {
        parse_many(*services, fields, out);
    } else {
        parse_one(fields, out);
    }
    for (const auto& ticket : fields.texts("tickets")) out.tickets.push_back(ticket.value);
    if (const Node* path = fields.required("path", "Add 'path: [staging, production]'")) {
        out.path = name_list(fields, "path");
        if (path->kind == Node::Kind::sequence && path->items.empty()) {
            fields.problem(path->at, "the path leads nowhere", "Name the environments in their order");
        }
    }
    parse_strategy(fields, out);
    if (fields.optional("deadline") != nullptr) {
        out.step_deadline = fields.seconds("deadline", hours(1), Seconds(1), hours(24));
    }
    out.undo_on_failure = fields.boolean("undo_on_failure", true);
    out.priority = fields.optional_choice("priority", {"normal", "emergency"});
    out.overrun = fields.optional_choice("overrun", {"finish", "stop", "undo"});
    out.jitter = fields.seconds("jitter", Seconds(0), Seconds(0), hours(1));
    if (const Node* breaker = fields.optional("breaker")) out.breaker = parse_breaker(*breaker, problems);
    fields.finish();
    return out;
}

}  // namespace signalbox::estate
