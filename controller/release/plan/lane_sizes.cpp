// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "controller/release/plan/lane.hpp"

namespace signalbox::plan {
namespace {

int share_of(int percent, int of, bool up) {
    return (percent * of + (up ? 99 : 0)) / 100;
}

// How many may be out of service at once so that the rest is enough.
void check_healthy(const Lane& lane, int hosts, estate::Problems& problems) {
    const estate::Share& healthy = *lane.strategy->min_healthy;
    const int allowed = hosts - share_of(healthy.number, hosts, true);
    if (allowed < 1) {
        problems.push_back(
            {healthy.at,
             fmt::format("'min_healthy' {}% lets none of the {} host{} of '{}' out of service",
                         healthy.number, hosts, hosts == 1 ? "" : "s", lane.strategy->group),
             hosts == 1 ? "Remove 'min_healthy', or enrol more hosts"
                        : fmt::format("Write at most {}%, or enrol more hosts", 100 * (hosts - 1) / hosts)});
        return;
    }
    if (std::min(lane.batch, hosts) > allowed) {
        problems.push_back(
            {lane.strategy->batch.at,
             fmt::format(
                 "a batch of {} takes more of the {} hosts of '{}' out of service than 'min_healthy' {}% "
                 "lets",
                 std::min(lane.batch, hosts), hosts, lane.strategy->group, healthy.number),
             fmt::format("Write 'batch: {}', the largest that fits, or lower 'min_healthy'", allowed)});
    }
}

// nginx refuses to be left without a server, and would do so in the middle of the release.
void check_servers(const Lane& lane, int hosts, estate::Problems& problems) {
    if (lane.traffic == nullptr || lane.traffic->kind != "nginx") return;
    const int servers = static_cast<int>(lane.traffic->servers.size());
    if (servers < 2 || std::min(lane.batch, hosts) < servers) return;
    problems.push_back(
        {lane.strategy->batch.at,
         fmt::format("a batch of {} takes every host of the traffic '{}' out of service at once, "
                     "which nginx cannot do",
                     std::min(lane.batch, hosts), lane.traffic->name),
         fmt::format("Write 'batch: {}', or less", servers - 1)});
}

}  // namespace

void set_sizes(Lane& lane, estate::Problems& problems) {
    const int hosts = static_cast<int>(lane.hosts.size());
    if (!lane.colours()) {
        const estate::Share& batch = lane.strategy->batch;
        lane.batch = batch.percent ? std::max(1, share_of(batch.number, hosts, false)) : batch.number;
        check_servers(lane, hosts, problems);
        if (lane.strategy->min_healthy) check_healthy(lane, hosts, problems);
    }
    lane.quorum = hosts;
    if (const auto& quorum = lane.strategy->quorum) {
        lane.quorum = quorum->percent ? share_of(quorum->number, hosts, true) : quorum->number;
        if (lane.quorum > hosts) {
            problems.push_back({quorum->at,
                                fmt::format("the quorum is {}, and '{}' has {} host{}", lane.quorum,
                                            lane.strategy->group, hosts, hosts == 1 ? "" : "s"),
                                fmt::format("Write at most {}, or a percentage", hosts)});
        }
    }
}

}  // namespace signalbox::plan
