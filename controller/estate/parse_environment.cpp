// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/estate/fields.hpp"
#include "controller/estate/name_field.hpp"
#include "controller/estate/parse.hpp"
#include "controller/estate/parse_parts.hpp"

namespace signalbox::estate {
namespace {

HostGroup parse_group(const Entry& entry, Problems& problems) {
    HostGroup out;
    out.name = checked_name(entry.key, entry.at, problems);
    out.at = entry.at;
    Fields fields(entry.value, fmt::format("host group '{:.40}'", entry.key), problems);
    out.site = fields.text("site").value;
    if (fields.required("select", "Add 'select: {label: value}': the labels that its hosts have") !=
        nullptr) {
        out.select = fields.text_map("select");
    }
    fields.finish();
    return out;
}

void parse_approvals(const Node& node, Environment& out, Problems& problems) {
    if (node.kind != Node::Kind::map) {
        problems.push_back({node.at, "'approvals' must be a map", "Write 'approvals: {security: 1}'"});
        return;
    }
    Fields fields(node, "approvals", problems);
    for (const auto& entry : node.entries) {
        (void)checked_name(entry.key, entry.at, problems);
        out.approvals[entry.key] = fields.integer(entry.key, 1, 0, 20);
    }
}

}  // namespace

Environment parse_environment(const Node& document, Problems& problems) {
    Environment out;
    out.at = document.at;
    Fields fields(document, "the environment", problems);
    (void)fields.choice("kind", {"Environment"});
    out.name = name_field(fields, "name").value;
    out.tier = fields.choice("tier", {"development", "test", "staging", "production"});
    if (fields.optional("promotes_from") != nullptr) out.promotes_from = name_field(fields, "promotes_from");
    out.calendar = fields.optional_text("calendar");
    if (const Node* approvals = fields.optional("approvals")) parse_approvals(*approvals, out, problems);
    if (const Node* throttle = fields.optional("throttle")) {
        out.throttle = parse_cap(*throttle, "throttle", problems);
    }
    if (const Node* breaker = fields.optional("breaker")) out.breaker = parse_breaker(*breaker, problems);
    if (const Node* hosts =
            fields.required("hosts", "Add 'hosts: {web: {site: dc1, select: {role: web}}}'")) {
        Fields groups(*hosts, "hosts", problems);
        if (hosts->kind == Node::Kind::map && hosts->entries.empty()) {
            fields.problem(hosts->at, "'hosts' names no group",
                           "Add 'web: {site: dc1, select: {role: web}}'");
        }
        for (const auto& entry : hosts->entries) out.hosts[entry.key] = parse_group(entry, problems);
    }
    if (const Node* traffic = fields.optional("traffic")) {
        Fields list(*traffic, "traffic", problems);
        for (const auto& entry : traffic->entries) out.traffic[entry.key] = parse_traffic(entry, problems);
    }
    fields.finish();
    return out;
}

}  // namespace signalbox::estate
