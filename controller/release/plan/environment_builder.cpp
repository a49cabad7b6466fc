// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/environment_builder.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "controller/release/plan/lane_order.hpp"
#include "controller/release/plan/limits.hpp"
#include "controller/release/plan/strategies.hpp"
#include "controller/release/plan/undo.hpp"

namespace signalbox::plan {
namespace {

class Builder {
  public:
    Builder(const LaneInputs& from, const std::vector<Lane>& lanes, const Artifacts& artifacts,
            estate::Problems& problems)
        : from_(from),
          lanes_(lanes),
          waits_(lane_waits(lanes, from.services)),
          artifacts_(artifacts),
          problems_(problems),
          steps_(lanes.size()) {
        for (const auto& waits : waits_) {
            if (waits.previous) followed_.insert(*waits.previous);
        }
    }

    bool build() {
        const auto order = order_lanes(lanes_, waits_, from_.release, problems_);
        for (const auto& next : order) write(next);
        return !order.empty() || lanes_.empty();
    }
    Draft take() && { return std::move(draft_); }

  private:
    void write(const LaneWork& next) {
        const Lane& lane = lanes_[next.lane];
        LaneSteps& steps = steps_[next.lane];
        const Context context{
            from_.release, from_.environment, artifacts_[lane.service], from_.inputs.secrets,
            draft_,        problems_};
        StepWriter writer(context, lane);
        const Waits gate = gate_of(next);
        switch (next.work) {
            case Work::prepare:
                return lane.colours() ? install_colour(writer, steps, gate) : stage_in_place(writer, steps);
            case Work::switch_over:
                return lane.colours() ? shift_colours(writer, steps, gate)
                                      : switch_in_place(writer, steps, gate);
            case Work::verify:
                // In place and alone, each batch was checked before the next: there is nothing left to see.
                if (lane.in_barrier || lane.colours()) verify(writer, steps, gate);
                return;
            case Work::retire:
                if (lane.strategy->retire) retire_colour(writer, gate);
                return;
        }
    }

    Waits gate_of(const LaneWork& next) {
        const Lane& lane = lanes_[next.lane];
        const LaneWaits& waits = waits_[next.lane];
        const LaneSteps& steps = steps_[next.lane];
        Waits out;
        const auto wait = [&](const Ends& ends) { draft_.joins.wait(ends, out); };
        switch (next.work) {
            case Work::prepare:
                for (const std::size_t service : waits.to_prepare) wait(switched(service, lane.in_barrier));
                break;
            case Work::switch_over:
                // What the lane before waited for is over when that one is.
                if (waits.previous) {
                    wait(steps_[*waits.previous].switched);
                    break;
                }
                if (lane.in_barrier) {
                    wait(together("barrier:prepared", &LaneSteps::prepared));
                } else if (lane.colours()) {
                    wait(steps.prepared);
                }
                for (const std::size_t service : waits.to_switch) wait(switched(service, false));
                break;
            case Work::verify:
                wait(lane.in_barrier ? together("barrier:switched", &LaneSteps::switched) : steps.switched);
                break;
            case Work::retire:
                wait(lane.in_barrier ? together("barrier:verified", &LaneSteps::verified) : steps.verified);
                break;
        }
        return out;
    }

    // The last switch steps of a service.
    const Ends& switched(std::size_t service, bool outside_barrier) {
        const auto [it, fresh] = switched_.try_emplace({service, outside_barrier});
        if (!fresh) return it->second;
        std::vector<const Ends*> parts;
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            if (lanes_[i].service != service || followed_.contains(i)) continue;
            if (!outside_barrier || !lanes_[i].in_barrier) parts.push_back(&steps_[i].switched);
        }
        const std::string& name = from_.services.order()[service].service->name;
        it->second = merge(parts, name + (outside_barrier ? "/switched-outside-barrier" : "/switched"));
        return it->second;
    }

    // Of all lanes of the barrier.
    const Ends& together(const std::string& name, Ends LaneSteps::*part) {
        const auto [it, fresh] = together_.try_emplace(name);
        if (!fresh) return it->second;
        std::vector<const Ends*> parts;
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            const bool waited_for = part == &LaneSteps::switched && is_waited_for(i);
            if (lanes_[i].in_barrier && !waited_for) parts.push_back(&(steps_[i].*part));
        }
        it->second = merge(parts, name);
        return it->second;
    }

    // Another lane of the barrier switches later anyway.
    bool is_waited_for(std::size_t lane) const {
        if (followed_.contains(lane)) return true;
        return std::any_of(lanes_.begin(), lanes_.end(), [&](const Lane& other) {
            return other.in_barrier && from_.services.of(other.service).contains(lanes_[lane].service);
        });
    }

    static Ends merge(const std::vector<const Ends*>& parts, const std::string& name) {
        if (parts.size() == 1) return *parts.front();
        Ends out{{}, name};
        for (const auto* part : parts)
            out.steps.insert(out.steps.end(), part->steps.begin(), part->steps.end());
        return out;
    }

    const LaneInputs& from_;
    const std::vector<Lane>& lanes_;
    std::vector<LaneWaits> waits_;
    const Artifacts& artifacts_;
    estate::Problems& problems_;
    std::vector<LaneSteps> steps_;
    std::set<std::size_t> followed_;  // lanes after which another of their service switches
    std::map<std::pair<std::size_t, bool>, Ends> switched_;
    std::map<std::string, Ends> together_;
    Draft draft_;
};

PlanGroup group_of(const Lane& lane) {
    const estate::Strategy& strategy = *lane.strategy;
    PlanGroup out;
    out.service = lane.part.service->name;
    out.name = strategy.group;
    out.strategy = strategy.kind;
    for (const auto* host : lane.hosts) out.hosts.push_back(host->name);
    out.batch = lane.batch;
    out.live = lane.live;
    out.idle = lane.idle;
    for (const auto& step : strategy.steps) out.percents.push_back(step.percent);
    if (auto offline = parse_offline(strategy.offline)) out.offline = *offline;
    out.offline_after = strategy.offline_after;
    out.quorum = lane.quorum;
    out.progress_deadline = strategy.progress_deadline;
    return out;
}

}  // namespace

std::optional<PlanEnvironment> build_environment(const LaneInputs& from, const std::vector<Lane>& lanes,
                                                 const Artifacts& artifacts, estate::Problems& problems) {
    Builder builder(from, lanes, artifacts, problems);
    if (!builder.build()) return std::nullopt;
    Draft draft = std::move(builder).take();

    PlanEnvironment out;
    out.name = from.environment.name;
    out.tier = from.environment.tier;
    if (from.environment.promotes_from) out.promotes_from = from.environment.promotes_from->value;
    std::set<std::string> held;
    for (const auto& lane : lanes) {
        out.groups.push_back(group_of(lane));
        if (lane.in_barrier) held.insert(lane.strategy->group);
    }
    for (const auto& group : from.release.barrier) {
        if (held.contains(group.value)) out.barrier.push_back(group.value);
    }
    out.joins = std::move(draft.joins).take();
    Undo undo = order_undo(draft.steps, out.joins, std::move(draft.undo));
    out.undo = std::move(undo.steps);
    out.undo_joins = std::move(undo.joins);
    out.steps = std::move(draft.steps);
    add_limits(from.inputs.estate, from.environment, lanes, out);
    return out;
}

}  // namespace signalbox::plan
