// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/lane_order.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace signalbox::plan {
namespace {

constexpr std::size_t kWorks = 4;

// The work of the lanes as a graph; the barrier is a node of its own for each of its meanings, so that its
// edges are as few as its lanes.
class Graph {
  public:
    Graph(const std::vector<Lane>& lanes, const std::vector<LaneWaits>& waits)
        : lanes_(lanes), barrier_(lanes.size() * kWorks), after_(barrier_ + 3), needed_(after_.size()) {
        std::map<std::size_t, std::vector<std::size_t>> lanes_of;  // service -> lanes
        for (std::size_t i = 0; i < lanes.size(); ++i) lanes_of[lanes[i].service].push_back(i);
        for (std::size_t i = 0; i < lanes.size(); ++i) {
            own(i);
            if (waits[i].previous) edge(at(Work::switch_over, *waits[i].previous), at(Work::switch_over, i));
            for (const std::size_t service : waits[i].to_switch) {
                for (const std::size_t other : lanes_of[service])
                    edge(at(Work::switch_over, other), at(Work::switch_over, i));
            }
            for (const std::size_t service : waits[i].to_prepare) {
                for (const std::size_t other : lanes_of[service]) {
                    if (!held_together(lanes[i], lanes[other]))
                        edge(at(Work::switch_over, other), at(Work::prepare, i));
                }
            }
        }
    }

    // In order; shorter than size() when there is a circle.
    std::vector<std::size_t> order() {
        std::set<std::pair<std::size_t, std::size_t>> ready;  // by kind of work, then by lane
        const auto add = [&](std::size_t node) { ready.emplace(node % kWorks, node); };
        for (std::size_t node = 0; node < size(); ++node) {
            if (needed_[node] == 0) add(node);
        }
        std::vector<std::size_t> out;
        while (!ready.empty()) {
            const std::size_t node = ready.begin()->second;
            ready.erase(ready.begin());
            out.push_back(node);
            for (const std::size_t next : after_[node]) {
                if (--needed_[next] == 0) add(next);
            }
        }
        return out;
    }

    // Once order() has left some over: nodes of which each waits for the one before it, and the first for the
    // last.
    [[nodiscard]] std::vector<std::size_t> circle() const {
        std::vector<std::size_t> before(size(), size());  // one that each of those left over waits for
        for (std::size_t node = 0; node < size(); ++node) {
            if (needed_[node] == 0) continue;
            for (const std::size_t next : after_[node]) before[next] = std::min(before[next], node);
        }
        std::size_t node = 0;
        while (needed_[node] == 0) ++node;
        std::vector<std::size_t> path;
        std::vector<bool> seen(size());
        for (; !seen[node]; node = before[node]) {
            seen[node] = true;
            path.push_back(node);
        }
        path.erase(path.begin(), std::find(path.begin(), path.end(), node));
        std::reverse(path.begin(), path.end());
        return path;
    }

    [[nodiscard]] std::size_t size() const { return after_.size(); }
    [[nodiscard]] bool is_barrier(std::size_t node) const { return node >= barrier_; }

  private:
    [[nodiscard]] static std::size_t at(Work work, std::size_t lane) {
        return lane * kWorks + static_cast<std::size_t>(work);
    }
    void edge(std::size_t from, std::size_t to) {
        after_[from].push_back(to);
        ++needed_[to];
    }
    void own(std::size_t lane) {
        const std::size_t first = at(Work::prepare, lane);
        for (std::size_t work = 0; work + 1 < kWorks; ++work) {
            edge(first + work, first + work + 1);
            if (!lanes_[lane].in_barrier) continue;
            edge(first + work, barrier_ + work);
            edge(barrier_ + work, first + work + 1);
        }
    }

    const std::vector<Lane>& lanes_;
    std::size_t barrier_;
    std::vector<std::vector<std::size_t>> after_;
    std::vector<std::size_t> needed_;  // how many that a node waits for are not over
};

void report(const std::vector<Lane>& lanes, const Graph& graph, const estate::Release& release,
            estate::Problems& problems) {
    std::vector<std::size_t> circle = graph.circle();
    // It is named from the lane that comes first.
    std::rotate(circle.begin(), std::min_element(circle.begin(), circle.end()), circle.end());
    std::vector<std::string> names;
    bool barrier = false;
    std::vector<std::string> outside;
    for (const std::size_t node : circle) {
        if (graph.is_barrier(node)) {
            names.emplace_back("the barrier");
            barrier = true;
            continue;
        }
        const Lane& lane = lanes[node / kWorks];
        const bool prepares = node % kWorks == static_cast<std::size_t>(Work::prepare);
        names.push_back(fmt::format("{} {}", lane.name(), prepares ? "prepares" : "switches"));
        if (!lane.in_barrier) outside.push_back(lane.strategy->group);
    }
    names.push_back(names.front());
    const estate::Position& at = barrier && !release.barrier.empty()
                                     ? release.barrier.front().at
                                     : lanes[circle.front() / kWorks].part.release->name.at;
    problems.push_back(
        {at, fmt::format("the release waits for itself in a circle: {}", fmt::join(names, ", then ")),
         outside.empty()
             ? "Remove one of these dependencies from the estate"
             : fmt::format("Put '{}' into the barrier as well, or take one of the others out of it",
                           fmt::join(outside, "', '"))});
}

}  // namespace

std::vector<LaneWaits> lane_waits(const std::vector<Lane>& lanes, const Dependencies& services) {
    // Services that have lanes here, and those that have lanes outside the barrier.
    std::set<std::size_t> here, outside;
    for (const auto& lane : lanes) {
        here.insert(lane.service);
        if (!lane.in_barrier) outside.insert(lane.service);
    }
    const auto needed_of = [&](const Lane& lane, const std::set<std::size_t>& among) {
        std::set<std::size_t> out;
        for (const std::size_t needed : services.of(lane.service)) {
            if (among.contains(needed)) out.insert(needed);
        }
        return services.last_of(out);
    };
    std::vector<LaneWaits> out(lanes.size());
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        out[i].to_switch = needed_of(lanes[i], here);
        if (lanes[i].colours()) out[i].to_prepare = needed_of(lanes[i], lanes[i].in_barrier ? outside : here);
        const bool follows = i > 0 && lanes[i - 1].service == lanes[i].service;
        if (follows && held_together(lanes[i - 1], lanes[i])) out[i].previous = i - 1;
    }
    return out;
}

std::vector<LaneWork> order_lanes(const std::vector<Lane>& lanes, const std::vector<LaneWaits>& waits,
                                  const estate::Release& release, estate::Problems& problems) {
    Graph graph(lanes, waits);
    const auto order = graph.order();
    if (order.size() < graph.size()) {
        report(lanes, graph, release, problems);
        return {};
    }
    std::vector<LaneWork> out;
    for (const std::size_t node : order) {
        if (!graph.is_barrier(node)) out.push_back({static_cast<Work>(node % kWorks), node / kWorks});
    }
    return out;
}

}  // namespace signalbox::plan
