// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/check_release.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "controller/estate/suggest.hpp"

namespace signalbox::estate {
namespace {

struct Checker {
    const Estate& estate;
    const Release& release;
    Problems& problems;

    void problem(const Position& at, std::string message, std::string remedy, bool warning = false) {
        problems.push_back({at, std::move(message), std::move(remedy), warning});
    }

    void service() {
        const auto& name = release.service;
        if (name.value.empty()) return;
        const auto it = estate.services.find(name.value);
        if (it == estate.services.end()) {
            problem(name.at, fmt::format("service '{}' is not in the estate", name.value),
                    suggest(name.value, keys_of(estate.services)));
            return;
        }
        if (release.app.url.starts_with("git:") && it->second.format != "tar") {
            problem(release.app.at,
                    fmt::format("a Git tree becomes a tar, and '{}' takes {}", name.value, it->second.format),
                    "Set 'artifact: {format: tar}' in the service, or push a built archive");
        }
    }

    // The environments of the path that exist.
    std::vector<const Environment*> stages() {
        std::vector<const Environment*> out;
        std::set<std::string> before;
        for (const auto& name : release.path) {
            const auto it = estate.environments.find(name.value);
            if (it == estate.environments.end()) {
                problem(name.at, fmt::format("environment '{}' is not in the estate", name.value),
                        suggest(name.value, keys_of(estate.environments)));
                continue;
            }
            out.push_back(&it->second);
            promotion(it->second, name.at, before);
            before.insert(name.value);
        }
        return out;
    }

    void promotion(const Environment& stage, const Position& at, const std::set<std::string>& before) {
        if (!stage.promotes_from || before.contains(stage.promotes_from->value)) return;
        const std::string& from = stage.promotes_from->value;
        const bool later = std::any_of(release.path.begin(), release.path.end(),
                                       [&](const auto& name) { return name.value == from; });
        if (later && from != stage.name) {
            problem(at,
                    fmt::format("'{}' promotes from '{}', which comes later in the path", stage.name, from),
                    fmt::format("Put '{}' before '{}'", from, stage.name));
        } else if (!later) {
            problem(at, fmt::format("'{}' promotes from '{}', which is not in the path", stage.name, from),
                    fmt::format(
                        "Put '{}' before it; otherwise it waits until another release of this version has "
                        "passed there",
                        from),
                    true);
        }
    }

    void groups(const std::vector<const Environment*>& stages) {
        std::vector<std::string> known;
        for (const auto* stage : stages) {
            for (const auto& [name, group] : stage->hosts) known.push_back(name);
        }
        if (known.empty()) return;
        for (const auto& [name, strategy] : release.strategy) {
            if (std::find(known.begin(), known.end(), name) != known.end()) continue;
            problem(strategy.at, fmt::format("no environment of the path has a host group '{:.60}'", name),
                    suggest(name, known));
        }
        for (const auto* stage : stages) {
            const bool touched = std::any_of(release.strategy.begin(), release.strategy.end(),
                                             [&](const auto& s) { return stage->hosts.contains(s.first); });
            if (touched || release.strategy.empty()) continue;
            const auto at = std::find_if(release.path.begin(), release.path.end(),
                                         [&](const auto& name) { return name.value == stage->name; });
            problem(at->at, fmt::format("the strategy names no host group of '{}'", stage->name),
                    fmt::format("Add one of its groups to 'strategy', or remove '{}' from the path. {}",
                                stage->name, suggest("", keys_of(stage->hosts))));
        }
    }

    void traffic(const Environment& stage) {
        std::map<std::string, std::string> user;  // traffic -> group
        for (const auto& [group, strategy] : release.strategy) {
            if (!stage.hosts.contains(group) || strategy.traffic.value.empty()) continue;
            const auto it = stage.traffic.find(strategy.traffic.value);
            if (it == stage.traffic.end()) {
                std::string remedy = suggest(strategy.traffic.value, keys_of(stage.traffic));
                if (remedy.empty()) remedy = fmt::format("Add 'traffic' to the environment '{}'", stage.name);
                problem(strategy.traffic.at,
                        fmt::format("environment '{}' has no traffic '{:.60}'", stage.name,
                                    strategy.traffic.value),
                        std::move(remedy));
                continue;
            }
            const auto [first, fresh] = user.try_emplace(strategy.traffic.value, group);
            if (!fresh) {
                problem(strategy.traffic.at,
                        fmt::format("traffic '{}' is used by '{}' and by '{}'", strategy.traffic.value,
                                    first->second, group),
                        "Give each group a traffic entry of its own");
            }
            if (strategy.kind == "blue_green") colours(stage, it->second, strategy);
        }
    }

    void colours(const Environment& stage, const Traffic& traffic, const Strategy& strategy) {
        for (const auto& colour : {"blue", "green"}) {
            const auto it = traffic.servers.find(colour);
            if (it != traffic.servers.end() && !it->second.empty()) continue;
            problem(traffic.at,
                    fmt::format("traffic '{}' of '{}' has no server for {}, and '{}' is released blue_green",
                                traffic.name, stage.name, colour, strategy.group),
                    fmt::format("Add '{}: <server>' to its 'servers'", colour));
        }
        for (const auto& [key, servers] : traffic.servers) {
            if (key == "blue" || key == "green") continue;
            problem(traffic.at,
                    fmt::format("traffic '{}' of '{}' has a server for '{:.40}', which is no colour",
                                traffic.name, stage.name, key),
                    "A blue_green traffic has servers for blue and green only");
        }
        if (traffic.live.value.empty()) {
            problem(traffic.at,
                    fmt::format("traffic '{}' of '{}' does not say which colour is live", traffic.name,
                                stage.name),
                    "Add 'live: blue' or 'live: green': the one that serves before the first release");
        }
    }

    void barrier() {
        for (const auto& name : release.barrier) {
            if (release.strategy.contains(name.value)) continue;
            problem(name.at, fmt::format("the barrier names '{}', which has no strategy", name.value),
                    suggest(name.value, keys_of(release.strategy)));
        }
    }
};

}  // namespace

void check_release(const Estate& estate, const Release& release, Problems& problems) {
    Checker checker{estate, release, problems};
    checker.service();
    const auto stages = checker.stages();
    checker.groups(stages);
    for (const auto* stage : stages) checker.traffic(*stage);
    checker.barrier();
}

}  // namespace signalbox::estate
