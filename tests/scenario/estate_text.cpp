// SPDX-License-Identifier: Apache-2.0
#include "estate_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/crypto/digest.hpp"

namespace signalbox::scenario {
namespace {

// "2027-01-15 08:10 UTC"
std::string local(std::chrono::minutes after) {
    const std::string text = to_rfc3339(kBegin + after);
    return text.substr(0, 10) + " " + text.substr(11, 5) + " UTC";
}

std::string limit(const LimitDesign& limit) {
    std::string out =
        fmt::format("{{max_in_flight: {}, hard_cap: {}", limit.max, std::max(limit.hard, limit.max));
    if (limit.peak > 0) {
        const std::string from = to_rfc3339(kBegin + limit.peak_hours.from).substr(11, 5);
        const std::string to = to_rfc3339(kBegin + limit.peak_hours.to).substr(11, 5);
        out += fmt::format(", peak: {{hours: \"Fri {}-{} UTC\", max_in_flight: {}}}", from, to, limit.peak);
    }
    return out + "}";
}

std::string traffic_name(const ServiceDesign& service, const LaneDesign& lane) {
    return service.name + "-" + lane.group;
}

std::string traffic(const ServiceDesign& service, const LaneDesign& lane, const GroupDesign& group,
                    const std::string& environment) {
    const std::string name = traffic_name(service, lane);
    std::string servers = "blue: b, green: g";
    if (!lane.colours()) {
        servers.clear();
        for (const std::string& host : group.hosts)
            servers += fmt::format("{}{}: srv-{}", servers.empty() ? "" : ", ", host, host);
    }
    return fmt::format(
        "  {}: {{kind: haproxy, socket: /run/h.sock, backend: {}, via: {}, drain: 2s, servers: "
        "{{{}}}{}{}}}\n",
        name, name, balancer_of(environment), servers, lane.colours() ? ", live: blue" : "",
        lane.pool_limit > 0 ? fmt::format(", throttle: {{max_in_flight: {}}}", lane.pool_limit) : "");
}

std::string text_of(const Design& design, const EnvironmentDesign& environment) {
    std::string out = fmt::format("kind: Environment\nname: {}\ntier: test\nthrottle: {}\n", environment.name,
                                  limit(environment.limit));
    if (!environment.breaker.empty()) out += "breaker: " + environment.breaker + "\n";
    if (!environment.closed.empty()) out += "calendar: " + environment.name + "\n";
    out += "hosts:\n";
    for (const GroupDesign& group : environment.groups)
        out += fmt::format("  {}: {{site: {}, select: {{group: {}}}}}\n", group.name, group.site, group.name);
    std::string balancers;
    for (const ServiceDesign& service : design.services) {
        for (const LaneDesign& lane : service.lanes) {
            for (const GroupDesign& group : environment.groups) {
                if (group.name == lane.group && (lane.balanced || lane.colours()))
                    balancers += traffic(service, lane, group, environment.name);
            }
        }
    }
    return balancers.empty() ? out : out + "traffic:\n" + balancers;
}

std::string text_of(const ServiceDesign& service) {
    std::string out = fmt::format(
        "kind: Service\nname: {}\nowner: o\nsupport_group: s\ncost_center: c\ncriticality: low\n"
        "depends_on: [{}]\nartifact: {{format: tar}}\nactivate: {{argv: [restart], within: 30s}}\n"
        "health: {{argv: [check], within: 20s}}\n",
        service.name, fmt::join(service.depends_on, ", "));
    if (service.limit.max > 0) out += "throttle: " + limit(service.limit) + "\n";
    if (service.stops) out += "stop: {argv: [stop], within: 20s}\nstart: {argv: [start], within: 20s}\n";
    if (service.commands) {
        out +=
            "commands:\n  pre: {when: before, argv: [pre], undo: [unpre], within: 20s}\n"
            "  post: {when: after, argv: [post], within: 20s}\n";
    }
    return out;
}

std::string strategy_of(const ServiceDesign& service) {
    std::vector<std::string> lanes;
    for (const LaneDesign& lane : service.lanes) {
        const bool balanced = lane.balanced || lane.colours();
        lanes.push_back(fmt::format("{}: {{{}{}}}", lane.group, lane.strategy,
                                    balanced ? ", traffic: " + traffic_name(service, lane) : ""));
    }
    return fmt::format("{{{}}}", fmt::join(lanes, ", "));
}

std::string text_of(const Design& design, const ReleaseDesign& release) {
    std::string out =
        fmt::format("kind: Release\nname: {}\nversion: {}\nservices:\n", release.name, release.version);
    for (const std::string& name : release.services) {
        out += fmt::format(
            "  {}: {{version: {}, commit: abcdef1, artifacts: {{app: {{url: \"blob:sha256:{}\"}}}}, "
            "strategy: {}}}\n",
            name, release.version, artifact_of(name, release.version), strategy_of(*design.service(name)));
    }
    out += fmt::format("path: [{}]\n", fmt::join(release.path, ", "));
    if (!release.barrier.empty()) {
        // The common strategy of nobody: every service has its own.
        out += fmt::format("strategy:\n  barrier: [{}]\n", fmt::join(release.barrier, ", "));
        for (const std::string& group : release.barrier)
            out += fmt::format("  {}: {{kind: in_place}}\n", group);
    }
    return out + release.more;
}

}  // namespace

const EnvironmentDesign* Design::environment(const std::string& name) const {
    const auto found = std::find_if(environments.begin(), environments.end(),
                                    [&](const EnvironmentDesign& e) { return e.name == name; });
    return found == environments.end() ? nullptr : &*found;
}

const ServiceDesign* Design::service(const std::string& name) const {
    const auto found = std::find_if(services.begin(), services.end(),
                                    [&](const ServiceDesign& s) { return s.name == name; });
    return found == services.end() ? nullptr : &*found;
}

std::string artifact_of(const std::string& service, const std::string& version) {
    return crypto::sha256(service + " " + version).hex();
}

std::string manifest_path(const ReleaseDesign& release) {
    return fmt::format("releases/{}-{}.yaml", release.name, release.version);
}

std::vector<estate::SourceFile> estate_files(const Design& design) {
    std::vector<estate::SourceFile> out;
    for (const EnvironmentDesign& environment : design.environments) {
        out.push_back({fmt::format("environments/{}.yaml", environment.name), text_of(design, environment)});
        if (environment.closed.empty()) continue;
        std::string calendar = fmt::format("kind: Calendar\nname: {}\nblackouts:\n", environment.name);
        for (const ClosedDesign& closed : environment.closed)
            calendar += fmt::format("  - {{name: {}, from: \"{}\", to: \"{}\"}}\n", closed.name,
                                    local(closed.when.from), local(closed.when.to));
        out.push_back({fmt::format("calendars/{}.yaml", environment.name), calendar});
    }
    for (const ServiceDesign& service : design.services)
        out.push_back({fmt::format("services/{}.yaml", service.name), text_of(service)});
    for (const ReleaseDesign& release : design.releases)
        out.push_back({manifest_path(release), text_of(design, release)});
    std::string throttle = "kind: Throttle\n";
    if (design.global.max > 0) throttle += "global: " + limit(design.global) + "\n";
    if (!design.sites.empty()) throttle += "sites:\n";
    for (const auto& [site, cap] : design.sites) throttle += fmt::format("  {}: {}\n", site, limit(cap));
    if (throttle.find('{') != std::string::npos) out.push_back({"throttles/all.yaml", throttle});
    return out;
}

}  // namespace signalbox::scenario
