// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/lane.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace signalbox::plan {
namespace {

class LaneMaker {
  public:
    LaneMaker(const Inputs& inputs, const estate::Release& release, const estate::Environment& environment,
              estate::Problems& problems)
        : inputs_(inputs), release_(release), environment_(environment), problems_(problems) {
        for (const auto& host : inputs.hosts) {
            if (host.environment == environment.name) hosts_.push_back(&host);
        }
        std::sort(hosts_.begin(), hosts_.end(), [](auto* a, auto* b) {
            return std::tie(a->name, a->agent_id) < std::tie(b->name, b->agent_id);
        });
    }

    std::vector<Lane> make() {
        twins();
        std::vector<Lane> lanes;
        for (const auto& group : release_.barrier) add(group.value, true, lanes);
        for (const auto& [group, strategy] : release_.strategy) {
            const bool in_barrier =
                std::any_of(release_.barrier.begin(), release_.barrier.end(),
                            [&group = group](const auto& name) { return name.value == group; });
            if (!in_barrier) add(group, false, lanes);
        }
        overlaps(lanes);
        return lanes;
    }

  private:
    void problem(const estate::Position& at, std::string message, std::string remedy) {
        problems_.push_back({at, std::move(message), std::move(remedy)});
    }

    void twins() {
        for (std::size_t i = 1; i < hosts_.size(); ++i) {
            if (hosts_[i]->name != hosts_[i - 1]->name) continue;
            problem(
                environment_.at,
                fmt::format("two active agents of '{}' are called '{}'", environment_.name, hosts_[i]->name),
                "Ban the one that is gone: signalbox agents ban <agent id>");
        }
    }

    void add(const std::string& group, bool in_barrier, std::vector<Lane>& lanes) {
        const auto strategy = release_.strategy.find(group);
        const auto hosts = environment_.hosts.find(group);
        if (strategy == release_.strategy.end() || hosts == environment_.hosts.end()) return;
        Lane lane;
        lane.strategy = &strategy->second;
        lane.in_barrier = in_barrier;
        lane.hosts = selected(hosts->second);
        if (lane.hosts.empty()) {
            problem(hosts->second.at,
                    fmt::format("host group '{}' of '{}' selects no enrolled, active host", group,
                                environment_.name),
                    fmt::format("Enrol one with site '{}' and labels {}, or correct 'select'. {}",
                                hosts->second.site, labels_text(hosts->second.select), enrolled_text()));
            return;
        }
        if (const auto it = environment_.traffic.find(lane.strategy->traffic.value);
            it != environment_.traffic.end()) {
            lane.traffic = &it->second;
            lane.via = via(it->second);
        }
        if (lane.blue_green() && !colours(hosts->second, lane)) return;
        if (!lane.blue_green() && lane.traffic != nullptr) servers(lane);
        lanes.push_back(std::move(lane));
    }

    std::vector<const Host*> selected(const estate::HostGroup& group) const {
        std::vector<const Host*> out;
        for (const auto* host : hosts_) {
            const bool labels = std::all_of(group.select.begin(), group.select.end(), [&](const auto& label) {
                const auto it = host->labels.find(label.first);
                return it != host->labels.end() && it->second == label.second;
            });
            if (labels && host->site == group.site) out.push_back(host);
        }
        return out;
    }

    static std::string labels_text(const std::map<std::string, std::string>& labels) {
        std::vector<std::string> parts;
        for (const auto& [key, value] : labels) parts.push_back(fmt::format("{}={}", key, value));
        return parts.empty() ? "(any)" : fmt::format("{}", fmt::join(parts, ","));
    }

    std::string enrolled_text() const {
        if (hosts_.empty()) return fmt::format("No host of '{}' is enrolled and active", environment_.name);
        std::vector<std::string> parts;
        for (const auto* host : hosts_) {
            if (parts.size() == 8) {
                parts.emplace_back("…");
                break;
            }
            parts.push_back(
                fmt::format("{} (site {}, {})", host->name, host->site, labels_text(host->labels)));
        }
        return fmt::format("Active in '{}': {}", environment_.name, fmt::join(parts, "; "));
    }

    const Host* via(const estate::Traffic& traffic) {
        for (const auto* host : hosts_) {
            if (host->name == traffic.via.value) return host;
        }
        problem(traffic.via.at,
                fmt::format("traffic '{}' is reached via '{}', which is no enrolled, active host of '{}'",
                            traffic.name, traffic.via.value, environment_.name),
                fmt::format("Enrol it, or name another. {}", enrolled_text()));
        return nullptr;
    }

    // Keeps the hosts of the idle colour.
    bool colours(const estate::HostGroup& group, Lane& lane) {
        lane.live = live(lane);
        lane.idle = lane.live == "blue" ? "green" : "blue";
        std::vector<const Host*> idle;
        bool good = lane.traffic != nullptr;
        for (const auto* host : lane.hosts) {
            const auto it = host->labels.find("color");
            if (it == host->labels.end() || (it->second != "blue" && it->second != "green")) {
                problem(
                    group.at,
                    fmt::format("host '{}' of the blue_green group '{}' has no label color: blue or green",
                                host->name, group.name),
                    "Enrol it again with --label color=blue or --label color=green");
                good = false;
            } else if (it->second == lane.idle) {
                idle.push_back(host);
            }
        }
        if (good && idle.empty()) {
            problem(group.at,
                    fmt::format(
                        "group '{}' of '{}' has no enrolled, active host of the idle colour {} ({} serves)",
                        group.name, environment_.name, lane.idle, lane.live),
                    fmt::format("Enrol one with --label color={}. {}", lane.idle, enrolled_text()));
            good = false;
        }
        lane.hosts = std::move(idle);
        return good;
    }

    std::string live(const Lane& lane) const {
        for (const auto& placement : inputs_.placements) {
            if (placement.environment == environment_.name && placement.service == release_.service.value &&
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

    void overlaps(const std::vector<Lane>& lanes) {
        std::map<const Host*, const Lane*> owner;
        for (const auto& lane : lanes) {
            for (const auto* host : lane.hosts) {
                const auto [it, fresh] = owner.try_emplace(host, &lane);
                if (fresh) continue;
                problem(lane.strategy->at,
                        fmt::format("host '{}' is in the groups '{}' and '{}' of '{}'", host->name,
                                    it->second->strategy->group, lane.strategy->group, environment_.name),
                        "Make their 'select' exclude each other, or release one of the two groups");
            }
        }
    }

    const Inputs& inputs_;
    const estate::Release& release_;
    const estate::Environment& environment_;
    estate::Problems& problems_;
    std::vector<const Host*> hosts_;  // of this environment, by name
};

}  // namespace

std::vector<Lane> make_lanes(const Inputs& inputs, const estate::Release& release,
                             const estate::Environment& environment, estate::Problems& problems) {
    return LaneMaker(inputs, release, environment, problems).make();
}

}  // namespace signalbox::plan
