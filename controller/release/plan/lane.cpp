// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/lane.hpp"

#include <fmt/format.h>

#include <set>
#include <span>
#include <unordered_map>

namespace signalbox::plan {
namespace {

class LaneMaker {
  public:
    LaneMaker(const LaneInputs& from, estate::Problems& problems)
        : from_(from), environment_(from.environment), problems_(problems) {}

    std::vector<Lane> make() {
        for (const auto& name : from_.fleet.twins()) {
            problem(environment_.at,
                    fmt::format("two active agents of '{}' are called '{}'", environment_.name, name),
                    "Ban the one that is gone: signalbox agents ban <agent id>");
        }
        std::vector<Lane> lanes;
        for (std::size_t i = 0; i < from_.services.order().size(); ++i) {
            const std::size_t first = lanes.size();
            add_service(i, lanes);
            overlaps({lanes.begin() + static_cast<std::ptrdiff_t>(first), lanes.end()});
        }
        return lanes;
    }

  private:
    void problem(const estate::Position& at, std::string message, std::string remedy) {
        problems_.push_back({at, std::move(message), std::move(remedy)});
    }

    void add_service(std::size_t service, std::vector<Lane>& lanes) {
        const auto& strategies = from_.services.order()[service].release->strategy;
        std::set<std::string> held;
        for (const auto& group : from_.release.barrier) {
            held.insert(group.value);
            const auto strategy = strategies.find(group.value);
            if (strategy != strategies.end()) add(service, strategy->second, true, lanes);
        }
        for (const auto& [group, strategy] : strategies) {
            if (!held.contains(group)) add(service, strategy, false, lanes);
        }
    }

    void add(std::size_t service, const estate::Strategy& strategy, bool in_barrier,
             std::vector<Lane>& lanes) {
        const auto hosts = environment_.hosts.find(strategy.group);
        if (hosts == environment_.hosts.end()) return;
        Lane lane;
        lane.service = service;
        lane.part = from_.services.order()[service];
        lane.strategy = &strategy;
        lane.in_barrier = in_barrier;
        lane.hosts = from_.fleet.select(hosts->second);
        if (lane.hosts.empty()) {
            problem(hosts->second.at,
                    fmt::format("host group '{}' of '{}' selects no enrolled, active host", strategy.group,
                                environment_.name),
                    fmt::format("Enrol one with site '{}' and labels {}, or correct 'select'. {}",
                                hosts->second.site, labels_text(hosts->second.select), enrolled()));
            return;
        }
        if (const auto it = environment_.traffic.find(lane.strategy->traffic.value);
            it != environment_.traffic.end()) {
            lane.traffic = &it->second;
            lane.via = via(it->second);
        }
        if (lane.colours() && !colours(hosts->second, lane)) return;
        if (!lane.colours() && lane.traffic != nullptr) servers(lane);
        set_sizes(lane, problems_);
        lanes.push_back(std::move(lane));
    }

    std::string enrolled() const { return enrolled_text(from_.fleet, environment_.name); }

    const Host* via(const estate::Traffic& traffic) {
        if (const Host* host = from_.fleet.find(traffic.via.value)) return host;
        problem(traffic.via.at,
                fmt::format("traffic '{}' is reached via '{}', which is no enrolled, active host of '{}'",
                            traffic.name, traffic.via.value, environment_.name),
                fmt::format("Enrol it, or name another. {}", enrolled()));
        return nullptr;
    }

    // Keeps the hosts of the idle colour.
    bool colours(const estate::HostGroup& group, Lane& lane) {
        lane.live = live(lane);
        lane.idle = lane.live == "blue" ? "green" : "blue";
        Hosts idle;
        bool good = lane.traffic != nullptr;
        for (const auto* host : lane.hosts) {
            const auto it = host->labels.find("color");
            if (it == host->labels.end() || (it->second != "blue" && it->second != "green")) {
                problem(group.at,
                        fmt::format("host '{}' of the {} group '{}' has no label color: blue or green",
                                    host->name, lane.strategy->kind, group.name),
                        "Enrol it again with --label color=blue or --label color=green");
                good = false;
            } else {
                (it->second == lane.idle ? idle : lane.old).push_back(host);
            }
        }
        if (good && idle.empty()) {
            problem(group.at,
                    fmt::format(
                        "group '{}' of '{}' has no enrolled, active host of the idle colour {} ({} serves)",
                        group.name, environment_.name, lane.idle, lane.live),
                    fmt::format("Enrol one with --label color={}. {}", lane.idle, enrolled()));
            good = false;
        }
        lane.hosts = std::move(idle);
        return good;
    }

    std::string live(const Lane& lane) const {
        for (const auto& placement : from_.inputs.placements) {
            if (placement.environment == environment_.name && placement.service == lane.part.service->name &&
                placement.group == lane.strategy->group) {
                return placement.live;
            }
        }
        return lane.traffic == nullptr ? "blue" : lane.traffic->live.value;
    }

    // In place behind a load balancer: each host must be known to it.
    void servers(const Lane& lane) {
        for (const auto* host : lane.hosts) {
            const auto it = lane.traffic->servers.find(host->name);
            if (it != lane.traffic->servers.end() && !it->second.empty()) continue;
            problem(lane.traffic->at,
                    fmt::format("traffic '{}' of '{}' has no server for the host '{}'", lane.traffic->name,
                                environment_.name, host->name),
                    fmt::format("Add '{}: <server of the backend>' to its 'servers'", host->name));
        }
    }

    // Of one service: what two services do to a host is apart.
    void overlaps(std::span<const Lane> lanes) {
        std::unordered_map<const Host*, const Lane*> owner;
        for (const auto& lane : lanes) {
            Hosts touched = lane.hosts;
            if (lane.strategy->retire) touched.insert(touched.end(), lane.old.begin(), lane.old.end());
            for (const auto* host : touched) {
                const auto [it, fresh] = owner.try_emplace(host, &lane);
                if (fresh) continue;
                problem(lane.strategy->at,
                        fmt::format("host '{}' is in the groups '{}' and '{}' of '{}'", host->name,
                                    it->second->strategy->group, lane.strategy->group, environment_.name),
                        "Make their 'select' exclude each other, or release one of the two groups");
            }
        }
    }

    const LaneInputs& from_;
    const estate::Environment& environment_;
    estate::Problems& problems_;
};

}  // namespace

std::vector<Lane> make_lanes(const LaneInputs& from, estate::Problems& problems) {
    return LaneMaker(from, problems).make();
}

}  // namespace signalbox::plan
