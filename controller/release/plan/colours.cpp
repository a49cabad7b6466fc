// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/estate/colour_weights.hpp"
#include "controller/release/plan/strategies.hpp"

namespace signalbox::plan {
namespace {

using std::chrono::seconds;

// The weights of both colours when the idle one has `percent` of the traffic; nothing when they cannot be
// said, which the estate's check reports.
std::optional<Weights> weights(const Lane& lane, int percent) {
    const auto live = lane.traffic->servers.find(lane.live);
    const auto idle = lane.traffic->servers.find(lane.idle);
    if (live == lane.traffic->servers.end() || idle == lane.traffic->servers.end()) return std::nullopt;
    const auto each =
        estate::colour_weights(lane.traffic->weight, live->second.size(), idle->second.size(), percent);
    if (!each) return std::nullopt;
    Weights out;
    for (const auto& server : live->second) out[server] = each->live;
    for (const auto& server : idle->second) out[server] = each->idle;
    return out;
}

std::vector<estate::CanaryStep> steps_of(const estate::Strategy& strategy) {
    if (!strategy.steps.empty()) return strategy.steps;
    return {{100, seconds(0), false, {}}};
}

}  // namespace

void install_colour(StepWriter& writer, LaneSteps& steps, const Waits& gate) {
    StepIds done;
    for (const auto* host : writer.lane().hosts) {
        const StepId staged = writer.stage(*host, {});
        Waits waits = gate;
        waits.needs.push_back(staged);
        done.push_back(writer.install(*host, Phase::prepare, std::move(waits)));
    }
    steps.prepared = writer.ends(std::move(done), "prepared");
}

void shift_colours(StepWriter& writer, LaneSteps& steps, const Waits& gate) {
    const Lane& lane = writer.lane();
    const bool by_shares = lane.strategy->kind == "canary";
    Waits waits = gate;
    seconds pause{0};
    int before = 0;
    for (const auto& step : steps_of(*lane.strategy)) {
        const auto from = weights(lane, before);
        const auto to = weights(lane, step.percent);
        if (!from || !to) return;
        const bool last = step.percent == 100;
        const std::string name = by_shares ? fmt::format("shift-{}-{}", lane.strategy->group, step.percent)
                                           : "shift-" + lane.strategy->group;
        const Shift shift{*to, *from, last ? lane.idle : "", last ? lane.live : "", ""};
        steps.switched = {{writer.shift(name, shift, pause, std::move(waits))}, {}};
        pause = step.pause;
        if (step.check && !last) {
            StepIds checks;
            const std::string check = fmt::format("check-{}-{}", lane.strategy->group, step.percent);
            for (const auto* host : lane.hosts) {
                Waits shifted;
                writer.joins().wait(steps.switched, shifted);
                checks.push_back(
                    writer.check(*host, Phase::switch_over, check, seconds(0), pause, std::move(shifted)));
            }
            steps.switched = writer.ends(std::move(checks), check);
            pause = seconds(0);
        }
        waits = {};
        if (!last) writer.joins().wait(steps.switched, waits);
        before = step.percent;
    }
}

void verify(StepWriter& writer, LaneSteps& steps, const Waits& gate) {
    const estate::Strategy& strategy = *writer.lane().strategy;
    const seconds pause = strategy.steps.empty() ? seconds(0) : strategy.steps.back().pause;
    StepIds done;
    for (const auto* host : writer.lane().hosts)
        done.push_back(writer.check(*host, Phase::verify, "verify", strategy.watch, pause, gate));
    steps.verified = writer.ends(std::move(done), "verified");
}

void retire_colour(StepWriter& writer, const Waits& gate) {
    for (const auto* host : writer.lane().old) writer.retire(*host, writer.lane().strategy->keep, gate);
}

}  // namespace signalbox::plan
