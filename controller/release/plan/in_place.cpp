// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "controller/release/plan/strategies.hpp"

namespace signalbox::plan {
namespace {

Weights weights(const std::vector<std::string>& servers, int weight) {
    Weights out;
    for (const auto& server : servers) out[server] = weight;
    return out;
}

// One host, from the moment that it may leave its service until it is back.
StepId change(StepWriter& writer, const Host& host, Waits waits) {
    const Lane& lane = writer.lane();
    if (lane.traffic == nullptr) return writer.install(host, Phase::switch_over, std::move(waits));
    const auto servers = lane.traffic->servers.find(host.name);
    if (servers == lane.traffic->servers.end()) return {};  // reported when the lane was made
    const Weights out = weights(servers->second, 0);
    const Weights in = weights(servers->second, lane.traffic->weight);
    const std::chrono::seconds now{0};
    const StepId drained =
        writer.shift("drain-" + host.name, {out, in, "", "", host.name}, now, std::move(waits));
    const StepId installed = writer.install(host, Phase::switch_over, {{drained}, {}});
    return writer.shift("undrain-" + host.name, {in, out, "", "", host.name}, now, {{installed}, {}});
}

}  // namespace

void stage_in_place(StepWriter& writer, LaneSteps& steps) {
    for (const auto* host : writer.lane().hosts) steps.staged.push_back(writer.stage(*host, {}));
    steps.prepared = writer.ends(steps.staged, "prepared");
}

void switch_in_place(StepWriter& writer, LaneSteps& steps, const Waits& gate) {
    const Hosts& hosts = writer.lane().hosts;
    const auto batch = static_cast<std::size_t>(writer.lane().batch);
    Waits before = gate;
    for (std::size_t i = 0; i < hosts.size(); i += batch) {
        StepIds done;
        for (std::size_t j = i; j < std::min(i + batch, hosts.size()); ++j) {
            Waits waits = before;
            writer.joins().wait({{steps.staged[j]}, {}}, waits);
            done.push_back(change(writer, *hosts[j], std::move(waits)));
        }
        steps.switched = writer.ends(std::move(done), fmt::format("batch-{}", i / batch + 1));
        before = {};
        if (i + batch < hosts.size()) writer.joins().wait(steps.switched, before);
    }
}

}  // namespace signalbox::plan
