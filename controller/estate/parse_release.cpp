// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/estate/fields.hpp"
#include "controller/estate/name_field.hpp"
#include "controller/estate/parse.hpp"
#include "controller/estate/rules.hpp"

namespace signalbox::estate {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

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

Strategy parse_group_strategy(const Entry& entry, Problems& problems) {
    Strategy out;
    out.group = checked_name(entry.key, entry.at, problems);
    out.at = entry.at;
    Fields fields(entry.value, fmt::format("the strategy of '{:.40}'", entry.key), problems);
    out.kind = fields.choice("kind", {"in_place", "blue_green"});
    out.traffic = fields.optional_text("traffic");
    if (const Node* batch = fields.optional("batch"); batch != nullptr && out.kind == "blue_green") {
        fields.problem(batch->at, "blue_green has no batches: the idle colour is prepared whole",
                       "Remove 'batch', or use kind: in_place");
    } else {
        out.batch = fields.integer("batch", 1, 1, 10'000);
    }
    if (fields.optional("max_attempts") != nullptr)
        out.max_attempts = fields.integer("max_attempts", 1, 1, 10);
    if (out.kind == "blue_green" && out.traffic.value.empty()) {
        fields.problem(entry.at, fmt::format("blue_green of '{:.40}' names no traffic", entry.key),
                       "Add 'traffic: <name>', as the environment's file names it");
    }
    fields.finish();
    return out;
}

void parse_strategy(const Node& node, Release& out, Problems& problems) {
    Fields fields(node, "strategy", problems);
    for (const auto& entry : node.entries) {
        if (entry.key != "barrier") out.strategy[entry.key] = parse_group_strategy(entry, problems);
    }
    const Node* barrier = fields.optional("barrier");
    out.barrier = name_list(fields, "barrier");
    if (barrier != nullptr && barrier->kind == Node::Kind::sequence && barrier->items.empty()) {
        fields.problem(barrier->at, "the barrier holds nobody together",
                       "Name the groups in the order in which they switch, or remove 'barrier'");
    }
    if (node.kind == Node::Kind::map && out.strategy.empty()) {
        fields.problem(node.at, "'strategy' names no host group", "Add '<group>: {kind: in_place}'");
    }
}

}  // namespace

Release parse_release(const Node& document, Problems& problems) {
    Release out;
    out.at = document.at;
    Fields fields(document, "the release", problems);
    (void)fields.choice("kind", {"Release"});
    out.service = name_field(fields, "service");
    out.version = checked(fields, "version", check_semver);
    out.commit = checked(fields, "commit", check_commit);
    for (const auto& ticket : fields.texts("tickets")) out.tickets.push_back(ticket.value);
    if (const Node* artifacts = fields.required("artifacts")) out.app = parse_artifacts(*artifacts, problems);
    if (const Node* path = fields.required("path", "Add 'path: [staging, production]'")) {
        out.path = name_list(fields, "path");
        if (path->kind == Node::Kind::sequence && path->items.empty()) {
            fields.problem(path->at, "the path leads nowhere", "Name the environments in their order");
        }
    }
    if (const Node* strategy = fields.required("strategy", "Add 'strategy: {<group>: {kind: in_place}}'")) {
        parse_strategy(*strategy, out, problems);
    }
    if (fields.optional("deadline") != nullptr) {
        out.step_deadline =
            std::chrono::ceil<seconds>(fields.duration("deadline", hours(1), seconds(1), hours(24)));
    }
    out.undo_on_failure = fields.boolean("undo_on_failure", true);
    fields.finish();
    return out;
}

}  // namespace signalbox::estate
