// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/estate/name_field.hpp"
#include "controller/estate/parse_parts.hpp"
#include "controller/estate/rules.hpp"
#include "controller/estate/template.hpp"

namespace signalbox::estate {
namespace {

using std::chrono::hours;

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

// A text that is checked as it is, or, when it holds templates, once a release is planned and they are known.
Located<std::string> path_field(Fields& fields, std::string_view key,
                                std::optional<Error> (*check)(std::string_view)) {
    auto out = fields.text(key);
    if (out.value.empty()) return out;
    const bool whole = out.value.find("${") == std::string::npos;
    if (const auto error = check(out.value); whole && error) {
        fields.problem(out.at, error->message(), error->remedy());
    }
    check_template(out, fields.problems());
    return out;
}

void checked(Fields& fields, const Located<std::string>& value,
             std::optional<Error> (*check)(std::string_view)) {
    if (value.value.empty()) return;
    if (const auto error = check(value.value)) fields.problem(value.at, error->message(), error->remedy());
}

void parse_addresses(Fields& fields, Traffic& out) {
    const Node* node = fields.required("addresses", "Add 'addresses: {<server>: \"10.0.0.1:8080\"}'");
    if (node == nullptr) return;
    out.addresses = fields.text_map("addresses");
    for (const auto& entry : node->entries) {
        checked(fields, {entry.value.scalar, entry.value.at}, check_address);
    }
    for (const auto& [owner, servers] : out.servers) {
        for (const auto& server : servers) {
            if (out.addresses.contains(server)) continue;
            fields.problem(node->at, fmt::format("server '{}' of '{:.40}' has no address", server, owner),
                           fmt::format("Add '{}: \"<host>:<port>\"'", server));
        }
    }
    for (const auto& entry : node->entries) {
        const bool known = std::any_of(out.servers.begin(), out.servers.end(), [&](const auto& of) {
            return std::find(of.second.begin(), of.second.end(), entry.key) != of.second.end();
        });
        if (known) continue;
        fields.problem(entry.at,
                       fmt::format("'{:.60}' has an address, and 'servers' does not name it", entry.key),
                       "Name it in 'servers', or remove it");
    }
}

Argv argv_or(Fields& fields, std::string_view key, std::initializer_list<const char*> otherwise) {
    if (fields.optional(key) != nullptr) return argv_field(fields, key);
    Argv out;
    for (const char* word : otherwise) out.push_back({word, fields.at()});
    return out;
}

void parse_haproxy(Fields& fields, Traffic& out) {
    out.socket = path_field(fields, "socket", check_socket_path);
    out.backend = fields.text("backend");
    checked(fields, out.backend, check_proxy_name);
}

void parse_nginx(Fields& fields, Traffic& out) {
    out.file = path_field(fields, "file", check_file_path);
    out.upstream = fields.optional_text("upstream");
    if (out.upstream.value.empty()) out.upstream.value = out.name;
    checked(fields, out.upstream, check_proxy_name);
    parse_addresses(fields, out);
    out.test = argv_or(fields, "test", {"nginx", "-t"});
    out.reload = argv_or(fields, "reload", {"nginx", "-s", "reload"});
}

void parse_command_adapter(Fields& fields, Traffic& out) {
    fields.required("argv", "Add 'argv: [set-weights]': it is run with server=weight words added");
    out.argv = argv_field(fields, "argv");
    out.show = argv_field(fields, "show");
}

}  // namespace

Traffic parse_traffic(const Entry& entry, Problems& problems) {
    Traffic out;
    out.name = checked_name(entry.key, entry.at, problems);
    out.at = entry.at;
    Fields fields(entry.value, fmt::format("traffic '{:.40}'", entry.key), problems);
    out.kind = fields.choice("kind", {"haproxy", "nginx", "command"});
    out.via = fields.text("via");
    if (const Node* servers = fields.required("servers")) parse_server_map(*servers, out, problems);
    if (out.kind == "haproxy") parse_haproxy(fields, out);
    if (out.kind == "nginx") parse_nginx(fields, out);
    if (out.kind == "command") parse_command_adapter(fields, out);
    out.live = fields.optional_text("live");
    if (!out.live.value.empty() && out.live.value != "blue" && out.live.value != "green") {
        fields.problem(out.live.at, fmt::format("'live' is '{:.40}'", out.live.value), "Write blue or green");
        out.live.value.clear();
    }
    out.weight = fields.integer("weight", 100, 1, 256);
    out.drain = fields.seconds("drain", Seconds(5), Seconds(0), hours(1));
    if (const Node* throttle = fields.optional("throttle")) {
        out.throttle = parse_cap(*throttle, fmt::format("throttle of traffic '{:.40}'", entry.key), problems);
    }
    fields.finish();
    return out;
}

}  // namespace signalbox::estate
