// SPDX-License-Identifier: Apache-2.0
// traffic.shift: what each adapter may be told. Nothing gets through that could end a line, a statement or a
// word of the configuration, the runtime command or the argument that is made of it.
#include <fmt/format.h>

#include <algorithm>

#include "agent/executor/actions/schema/members.hpp"
#include "common/action/names.hpp"

namespace signalbox::actions {
namespace {

using json::Json;
using json::ObjectReader;

constexpr std::size_t kMaxServers = 256;
constexpr std::int64_t kMaxWeight = 256;  // HAProxy's
constexpr std::size_t kMaxSocketPath = 107;
constexpr std::size_t kMaxPath = 1024;

using NameRule = bool (*)(std::string_view);

// An object whose keys are names of servers; empty when it is absent.
Result<const Json*> servers(ObjectReader& r, std::string_view key, NameRule is_name) {
    const Json* value = r.optional(key);
    if (value == nullptr) return value;
    if (!value->is_object() || value->size() > kMaxServers)
        return bad_member(r, key, fmt::format("not an object of at most {} servers", kMaxServers));
    for (const auto& [server, ignored] : value->items())
        if (!is_name(server))
            return bad_member(r, key, fmt::format("'{:.64}' cannot be a server's name", server));
    return value;
}

Result<Weights> read_weights(ObjectReader& r, std::string_view key, NameRule is_name) {
    Weights weights;
    SB_TRY(const Json* value, servers(r, key, is_name));
    if (value == nullptr) return weights;
    for (const auto& [server, weight] : value->items()) {
        if (!weight.is_number_integer() || weight.get<std::int64_t>() < 0 ||
            weight.get<std::int64_t>() > kMaxWeight)
            return bad_member(r, key,
                              fmt::format("the weight of '{}' is not within 0..{}", server, kMaxWeight));
        weights.emplace(server, weight.get<std::int64_t>());
    }
    return weights;
}

// Absolute, of printable ASCII, and naming a file.
bool is_file_path(std::string_view text) {
    const bool clean = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
    return clean && text.size() <= kMaxPath && text.starts_with('/') && !text.ends_with('/') &&
           !text.ends_with("/.") && !text.ends_with("/..");
}

Result<HaproxyTraffic> read_haproxy(ObjectReader& r) {
    HaproxyTraffic out;
    SB_TRY(out.socket, r.string("socket"));
    if (out.socket.empty() || out.socket.front() != '/' || out.socket.size() > kMaxSocketPath ||
        out.socket.find('\0') != std::string::npos)
        return bad_member(r, "socket", "not an absolute path of at most 107 bytes");
    SB_TRY(out.backend, r.string("backend"));
    if (!is_haproxy_name(out.backend)) return bad_member(r, "backend", "cannot be a backend's name");
    return out;
}

Result<NginxTraffic> read_nginx(ObjectReader& r, const Weights& weights) {
    NginxTraffic out;
    SB_TRY(out.file, r.string("file"));
    if (!is_file_path(out.file)) return bad_member(r, "file", "not an absolute path to a file");
    SB_TRY(out.upstream, r.string("upstream"));
    if (!is_server_name(out.upstream)) return bad_member(r, "upstream", "cannot be an upstream's name");
    SB_TRY(const Json* addresses, servers(r, "addresses", is_server_name));
    if (addresses == nullptr) return bad_member(r, "addresses", "is missing");
    for (const auto& [server, address] : addresses->items()) {
        if (!address.is_string() || !is_host_port(address.get_ref<const std::string&>()))
            return bad_member(r, "addresses", fmt::format("the address of '{}' is not host:port", server));
        out.addresses.emplace(server, address.get<std::string>());
    }
    for (const auto& [server, weight] : weights)
        if (!out.addresses.contains(server))
            return bad_member(r, "addresses", fmt::format("'{}' has a weight but no address", server));
    SB_TRY(out.test, read_argv(r, "test", EmptyArgv::refused));
    SB_TRY(out.reload, read_argv(r, "reload", EmptyArgv::refused));
    return out;
}

Result<CommandTraffic> read_command(ObjectReader& r, const Weights& expect) {
    CommandTraffic out;
    SB_TRY(out.argv, read_argv(r, "argv", EmptyArgv::refused));
    SB_TRY(out.show, read_argv(r, "show", EmptyArgv::allowed));
    // What people approved as an assumption is checked, or not approved.
    if (out.show.empty() && !expect.empty())
        return bad_member(r, "expect", "cannot be checked, because show is empty");
    return out;
}

}  // namespace

Result<TrafficShift> read_traffic(ObjectReader& r) {
    SB_TRY(const std::string adapter, r.string("adapter"));
    const NameRule is_name = adapter == "haproxy" ? is_haproxy_name : is_server_name;
    TrafficShift out;
    SB_TRY(out.weights, read_weights(r, "weights", is_name));
    if (out.weights.empty()) return bad_member(r, "weights", "no server is named");
    SB_TRY(out.expect, read_weights(r, "expect", is_name));
    SB_TRY(const std::int64_t drain, ranged_or(r, "drain_s", 0, kMaxSeconds, 0));
    out.drain = std::chrono::seconds(drain);
    if (adapter == "haproxy") {
        SB_TRY(out.adapter, read_haproxy(r));
    } else if (adapter == "nginx") {
        SB_TRY(out.adapter, read_nginx(r, out.weights));
    } else if (adapter == "command") {
        SB_TRY(out.adapter, read_command(r, out.expect));
    } else {
        return bad_member(r, "adapter", fmt::format("unknown adapter '{:.40}'", adapter));
    }
    return out;
}

}  // namespace signalbox::actions
