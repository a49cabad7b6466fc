// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/check_release.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "controller/estate/check_strategy.hpp"
#include "controller/estate/suggest.hpp"

namespace signalbox::estate {
namespace {

using Stages = std::vector<const Environment*>;

struct Checker {
    const Estate& estate;
    const Release& release;
    const Found& found;
    Problems& problems = found.problems;

    void problem(const Position& at, std::string message, std::string remedy, bool warning = false) {
        problems.push_back({at, std::move(message), std::move(remedy), warning});
    }

    void service(const ReleaseService& one) {
        if (one.name.value.empty()) return;
        const auto it = estate.services.find(one.name.value);
        if (it == estate.services.end()) {
            found.of_services.push_back({one.name.at,
                                         fmt::format("service '{}' is not in the estate", one.name.value),
                                         suggest(one.name.value, keys_of(estate.services))});
            return;
        }
        if (one.app.url.starts_with("git:") && it->second.format != "tar") {
            problem(
                one.app.at,
                fmt::format("a Git tree becomes a tar, and '{}' takes {}", one.name.value, it->second.format),
                "Set 'artifact: {format: tar}' in the service, or push a built archive");
        }
        for (const auto& [group, strategy] : one.strategy)
            check_strategy(release, it->second, strategy, problems);
    }

    // The environments of the path that exist.
    Stages stages() {
        Stages out;
        std::set<std::string> before;
        for (const auto& name : release.path) {
            const auto it = estate.environments.find(name.value);
            if (it == estate.environments.end()) {
                found.of_environments.push_back(
                    {name.at, fmt::format("environment '{}' is not in the estate", name.value),
                     suggest(name.value, keys_of(estate.environments))});
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

    void groups(const ReleaseService& one, const Stages& stages) {
        std::set<std::string> known;
        for (const auto* stage : stages) {
            for (const auto& [name, group] : stage->hosts) known.insert(name);
        }
        if (known.empty()) return;
        for (const auto& [name, strategy] : one.strategy) {
            if (known.contains(name)) continue;
            found.of_environments.push_back(
                {strategy.at, fmt::format("no environment of the path has a host group '{:.60}'", name),
                 suggest(name, {known.begin(), known.end()})});
        }
        for (const auto* stage : stages) {
            const bool touched = std::any_of(one.strategy.begin(), one.strategy.end(),
                                             [&](const auto& s) { return stage->hosts.contains(s.first); });
            if (touched || one.strategy.empty()) continue;
            problem(one.name.at,
                    fmt::format("service '{}' has no host in '{}': its strategy names no host group of it",
                                one.name.value, stage->name),
                    fmt::format("Add one of its groups to the strategy, or remove '{}' from the path. {}",
                                stage->name, suggest("", keys_of(stage->hosts))));
        }
    }

    void traffic(const Environment& stage) {
        struct User {
            const ReleaseService* service;
            std::string group;
        };
        std::map<std::string, User> users;
        for (const auto& one : release.services) {
            for (const auto& [group, strategy] : one.strategy) {
                if (!stage.hosts.contains(group) || strategy.traffic.value.empty()) continue;
                const Traffic* entry = find_traffic(stage, strategy);
                if (entry == nullptr) continue;
                const auto [first, fresh] = users.try_emplace(strategy.traffic.value, User{&one, group});
                if (!fresh) shared(strategy, *first->second.service, first->second.group, one);
                if (strategy.colours()) check_colours(stage, *entry, strategy, problems);
            }
        }
    }

    const Traffic* find_traffic(const Environment& stage, const Strategy& strategy) {
        const auto it = stage.traffic.find(strategy.traffic.value);
        if (it != stage.traffic.end()) return &it->second;
        std::string remedy = suggest(strategy.traffic.value, keys_of(stage.traffic));
        if (remedy.empty()) remedy = fmt::format("Add 'traffic' to the environment '{}'", stage.name);
        problem(strategy.traffic.at,
                fmt::format("environment '{}' has no traffic '{:.60}'", stage.name, strategy.traffic.value),
                std::move(remedy));
        return nullptr;
    }

    void shared(const Strategy& strategy, const ReleaseService& first, const std::string& group,
                const ReleaseService& second) {
        const bool one_service = &first == &second;
        const auto of = [&](const ReleaseService& service) {
            return one_service ? std::string() : fmt::format(" of service '{}'", service.name.value);
        };
        problem(strategy.traffic.at,
                fmt::format("traffic '{}' is used by '{}'{} and by '{}'{}", strategy.traffic.value, group,
                            of(first), strategy.group, of(second)),
                one_service ? "Give each group a traffic entry of its own"
                            : "Give each service a traffic entry of its own, in a strategy of its own");
    }

    void barrier() {
        std::set<std::string> known;
        for (const auto& one : release.services) {
            for (const auto& [group, strategy] : one.strategy) known.insert(group);
        }
        for (const auto& name : release.barrier) {
            if (known.contains(name.value)) continue;
            problem(name.at, fmt::format("the barrier names '{}', which has no strategy", name.value),
                    suggest(name.value, {known.begin(), known.end()}));
        }
    }
};

}  // namespace

void check_release(const Estate& estate, const Release& release, const Found& found) {
    Checker checker{estate, release, found};
    for (const auto& one : release.services) checker.service(one);
    const Stages stages = checker.stages();
    for (const auto& one : release.services) checker.groups(one, stages);
    for (const auto* stage : stages) checker.traffic(*stage);
    checker.barrier();
}

}  // namespace signalbox::estate
