// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/controller/release/plan/random_world.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace signalbox::plan {
namespace {

std::string digest_of(int service) {
    return fmt::format("{:064x}", service + 1);
}

}  // namespace

// Services depend on earlier ones only, some through one that is not in the release.
void WorldMaker::add_services(RandomWorld& world, int count) {
    std::map<std::string, std::set<std::string>> all;
    for (int s = 0; s < count; ++s) {
        const std::string name = fmt::format("s{}", s);
        std::vector<std::string> direct;
        std::set<std::string>& reached = all[name];
        for (int other = 0; other < s; ++other) {
            if (pick(0, 3) != 0) continue;
            const std::string needed = fmt::format("s{}", other);
            reached.insert(needed);
            reached.insert(all[needed].begin(), all[needed].end());
            if (toss()) {
                direct.push_back(needed);
                continue;
            }
            const std::string between = fmt::format("between-{}-{}", s, other);
            direct.push_back(between);
            world.files.push_back(
                {fmt::format("services/{}.yaml", between),
                 fmt::format(
                     "kind: Service\nname: {}\nowner: o\nsupport_group: s\ncost_center: c\ncriticality: low\n"
                     "depends_on: [{}]\nartifact: {{format: tar}}\nhealth: {{argv: [check]}}\n",
                     between, needed)});
        }
        std::string text = fmt::format(
            "kind: Service\nname: {}\nowner: o\nsupport_group: s\ncost_center: c\ncriticality: low\n"
            "artifact: {{format: tar}}\nhealth: {{argv: [check]}}\nstop: {{argv: [stop]}}\nstart: {{argv: "
            "[start]}}\ndepends_on: [{}]\n",
            name, fmt::join(direct, ", "));
        if (toss()) {
            text +=
                "commands:\n  pre: {when: before, argv: [pre], undo: [unpre]}\n  post: {when: after, argv: "
                "[post], undo: [unpost]}\n";
        }
        world.files.push_back({fmt::format("services/{}.yaml", name), text});
        world.artifacts.push_back({crypto::parse_digest(digest_of(s)).value(), 1, "tar", Instant{}, ""});
    }
    world.depends = std::move(all);
}

std::string WorldMaker::in_place(int hosts) {
    const int batch = pick(1, 4);
    if (toss()) return fmt::format("kind: in_place, batch: {}", batch);
    const int out = std::min(batch, hosts);
    return fmt::format(
        "kind: rolling, batch: {}, min_healthy_time: 3s{}", batch,
        hosts > out ? fmt::format(", min_healthy: {}%", std::max(1, 100 * (hosts - out) / hosts)) : "");
}

// One group with its hosts; the strategy of a service on it.
std::string WorldMaker::add_lane(RandomWorld& world, const std::string& service, const std::string& group,
                                 int number) {
    const int count = pick(1, 5);
    const bool colours = toss();
    const bool balanced = colours || toss();
    hosts_ += fmt::format("  {0}: {{site: s{1}, select: {{group: {0}}}}}\n", group, number % 2);
    std::vector<std::string> servers;
    for (int h = 0; h < count; ++h) {
        const std::string host = fmt::format("{}-h{}", group, h);
        Host made{AgentId("id-" + host), host, "prod", fmt::format("s{}", number % 2), {{"group", group}}};
        // The idle colour (green, when blue is live) is never empty.
        made.labels["color"] = h == 0 || toss() ? "green" : "blue";
        world.hosts.push_back(made);
        servers.push_back(fmt::format("{}: srv-{}", host, host));
    }
    if (balanced) {
        traffic_ += fmt::format(
            "  t{0}: {{kind: haproxy, socket: /run/h.sock, backend: b{0}, via: {1}-h0, servers: "
            "{{{2}}}{3}}}\n",
            number, group,
            colours ? fmt::format("blue: b{0}, green: [g{0}, h{0}]", number)
                    : fmt::format("{}", fmt::join(servers, ", ")),
            colours ? ", live: blue" : "");
    }
    const std::string traffic = balanced ? fmt::format(", traffic: t{}", number) : "";
    if (!colours) return fmt::format("{}: {{{}{}}}", group, in_place(count), traffic);
    world.colours.insert(service + "/" + group);
    const std::string after = toss() ? ", watch: 1m, retire: true, keep: 5m" : "";
    if (toss()) return fmt::format("{}: {{kind: blue_green{}{}}}", group, traffic, after);
    return fmt::format(
        "{}: {{kind: canary{}{}, steps: [{{percent: 10, pause: 1m}}, {{percent: 50, check: true}}]}}", group,
        traffic, after);
}

RandomWorld WorldMaker::make() {
    RandomWorld world;
    const int count = pick(1, 6);
    add_services(world, count);
    std::vector<std::string> groups, entries;
    int number = 0;
    for (int s = 0; s < count; ++s) {
        const std::string service = fmt::format("s{}", s);
        std::string entry = fmt::format(
            "  {}:\n    version: 1.0.{}\n    commit: abcdef1\n    artifacts: {{app: {{url: "
            "\"blob:sha256:{}\"}}}}\n"
            "    strategy:\n",
            service, s, digest_of(s));
        for (int g = pick(1, 2); g > 0; --g, ++number) {
            const std::string group = fmt::format("g{}", number);
            groups.push_back(group);
            entry += "      " + add_lane(world, service, group, number) + "\n";
        }
        entries.push_back(entry);
    }
    shuffle(entries);
    std::string release = fmt::format("kind: Release\nname: all\nversion: 1.0.0\npath: [prod]\nservices:\n{}",
                                      fmt::join(entries, ""));
    shuffle(groups);
    // All or none of the groups: some of them could make a circle, which has a test of its own.
    if (toss()) {
        world.barrier = {groups.begin(), groups.end()};
        release += fmt::format("strategy:\n  barrier: [{}]\n", fmt::join(groups, ", "));
    }
    world.files.push_back({"releases/all.yaml", release});
    world.files.push_back(
        {"environments/prod.yaml",
         "kind: Environment\nname: prod\ntier: test\nthrottle: {max_in_flight: 3}\nhosts:\n" + hosts_ +
             (traffic_.empty() ? "" : "traffic:\n" + traffic_)});
    return world;
}

}  // namespace signalbox::plan
