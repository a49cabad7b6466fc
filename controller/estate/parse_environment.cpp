// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "controller/estate/fields.hpp"
#include "controller/estate/name_field.hpp"
#include "controller/estate/parse.hpp"
#include "controller/estate/rules.hpp"
#include "controller/estate/template.hpp"

namespace signalbox::estate {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

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

std::vector<std::string> parse_servers(const Entry& entry, Problems& problems) {
    std::vector<std::string> out;
    const auto add = [&](const Node& node) {
        if (node.kind != Node::Kind::scalar) {
            problems.push_back({node.at,
                                fmt::format("a server of '{:.40}' is {}", entry.key, to_string(node.kind)),
                                "Write the name of a server of the backend"});
        } else if (const auto error = check_proxy_name(node.scalar)) {
            problems.push_back({node.at, error->message(), error->remedy()});
        } else {
            out.push_back(node.scalar);
        }
    };
    if (entry.value.kind == Node::Kind::sequence) {
        for (const auto& item : entry.value.items) add(item);
    } else {
        add(entry.value);
    }
    return out;
}

void parse_server_map(const Node& node, Traffic& out, Problems& problems) {
    if (node.kind != Node::Kind::map || node.entries.empty()) {
        problems.push_back(
            {node.at, fmt::format("'servers' of traffic '{:.40}' names none", out.name),
             "Write 'servers: {blue: <server>, green: <server>}', or a server for each host name"});
        return;
    }
    std::map<std::string, std::string> owner;
    for (const auto& entry : node.entries) {
        auto servers = parse_servers(entry, problems);
        for (const auto& server : servers) {
            const auto [it, fresh] = owner.try_emplace(server, entry.key);
            if (fresh) continue;
            problems.push_back({entry.value.at,
                                fmt::format("server '{}' belongs to '{:.40}' and to '{:.40}'", server,
                                            it->second, entry.key),
                                "Name each server of the backend once"});
        }
        out.servers[entry.key] = std::move(servers);
    }
}

Traffic parse_traffic(const Entry& entry, Problems& problems) {
    Traffic out;
    out.name = checked_name(entry.key, entry.at, problems);
    out.at = entry.at;
    Fields fields(entry.value, fmt::format("traffic '{:.40}'", entry.key), problems);
    out.kind = fields.choice("kind", {"haproxy"});
    out.socket = fields.text("socket");
    if (!out.socket.value.empty()) {
        // What a template makes of it is known, and checked, when a release is planned for its host.
        const bool whole = out.socket.value.find("${") == std::string::npos;
        if (const auto error = check_socket_path(out.socket.value); whole && error) {
            fields.problem(out.socket.at, error->message(), error->remedy());
        }
        check_template(out.socket, problems);
    }
    out.backend = fields.text("backend");
    if (const auto error = check_proxy_name(out.backend.value); error && !out.backend.value.empty()) {
        fields.problem(out.backend.at, error->message(), error->remedy());
    }
    out.via = fields.text("via");
    if (const Node* servers = fields.required("servers")) parse_server_map(*servers, out, problems);
    out.live = fields.optional_text("live");
    if (!out.live.value.empty() && out.live.value != "blue" && out.live.value != "green") {
        fields.problem(out.live.at, fmt::format("'live' is '{:.40}'", out.live.value), "Write blue or green");
        out.live.value.clear();
    }
    out.weight = fields.integer("weight", 100, 1, 256);
    out.drain = std::chrono::ceil<seconds>(fields.duration("drain", seconds(5), milliseconds(0), hours(1)));
    fields.finish();
    return out;
}

void parse_throttle(const Node& node, Environment& out, Problems& problems) {
    Fields fields(node, "throttle", problems);
    fields.required("max_in_flight");
    out.max_in_flight = fields.integer("max_in_flight", 1, 1, 10'000);
    if (const Node* peak = fields.optional("peak")) {
        Fields inner(*peak, "throttle.peak", problems);
        (void)inner.text("hours");
        inner.required("max_in_flight");
        const int lower = inner.integer("max_in_flight", out.max_in_flight, 1, 10'000);
        inner.finish();
        // Peak hours are not told apart here: the stricter number always holds, which breaks no promise.
        out.max_in_flight = std::min(out.max_in_flight, lower);
        fields.problem(peak->at, "peak hours are not told apart by this version",
                       fmt::format("Until they are, at most {} are in flight at any hour", out.max_in_flight),
                       true);
    }
    fields.finish();
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
    if (const auto calendar = fields.optional_text("calendar"); !calendar.value.empty()) {
        out.calendar = calendar.value;
        fields.problem(calendar.at, "calendars are not enforced by this version",
                       "Give approvals a window that suits; nothing runs outside it", true);
    }
    if (const Node* approvals = fields.optional("approvals")) parse_approvals(*approvals, out, problems);
    if (const Node* throttle = fields.optional("throttle")) parse_throttle(*throttle, out, problems);
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
