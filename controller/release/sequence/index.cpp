// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/index.hpp"

#include <utility>

namespace signalbox::sequence {
namespace {

std::string lane_key(std::size_t stage, const std::string& service, const std::string& group) {
    return std::to_string(stage) + '\n' + service + '\n' + group;
}

}  // namespace

Index::Index(std::shared_ptr<const ReleaseSpec> spec) : spec_(std::move(spec)) {
    for (std::uint32_t s = 0; s < spec_->stages.size(); ++s) {
        const StageSpec& stage = spec_->stages[s];
        for (const LaneSpec& lane : stage.lanes) {
            lane_numbers_.emplace(lane_key(s, lane.service, lane.group),
                                  static_cast<std::uint32_t>(lanes_.size()));
            lanes_.push_back({&lane, s, {}});
        }
        for (const auto* list : {&stage.steps, &stage.undo}) {
            const auto begin = static_cast<StepIndex>(entries_.size());
            for (const StepSpec& step : *list) add(step, s);
            ranges_.push_back({begin, static_cast<StepIndex>(entries_.size())});
        }
    }
    waiters_.resize(entries_.size());
    waited_for_.resize(entries_.size());
    for (std::size_t s = 0; s < spec_->stages.size(); ++s) {
        const StageSpec& stage = spec_->stages[s];
        connect(stage.steps, stage.joins, steps(s, false));
        connect(stage.undo, stage.undo_joins, steps(s, true));
    }
}

void Index::add(const StepSpec& step, std::uint32_t stage) {
    const auto number = static_cast<StepIndex>(entries_.size());
    Entry entry;
    entry.spec = &step;
    entry.stage = stage;
    if (const auto lane = lane_numbers_.find(lane_key(stage, step.service, step.group));
        lane != lane_numbers_.end()) {
        entry.lane = lane->second;
        if (step.undo_of.empty() && !step.target.empty())
            lanes_[entry.lane].targets[step.target].push_back(number);
    }
    const auto [agent, fresh] =
        agent_numbers_.emplace(step.agent, static_cast<std::uint32_t>(agents_.size()));
    if (fresh) {
        agents_.push_back(step.agent);
        by_agent_.emplace_back();
    }
    entry.agent = agent->second;
    by_agent_[entry.agent].push_back(number);
    for (std::string& scope : scopes_of(step, spec_->stages[stage].name)) {
        const auto [found, added] = scope_numbers_.emplace(scope, static_cast<std::uint32_t>(scopes_.size()));
        if (added) scopes_.push_back(std::move(scope));
        entry.scopes.push_back(found->second);
    }
    if (!step.undo_of.empty()) {
        entry.other = find(step.undo_of);
        entries_[entry.other].other = number;
    }
    entries_.push_back(std::move(entry));
    by_id_.emplace(step.id, number);
}

void Index::connect(const std::vector<StepSpec>& steps, const Joins& joins, Range range) {
    std::unordered_map<std::string, std::uint32_t> join_nodes;
    for (const auto& [name, members] : joins) {
        const auto node = static_cast<std::uint32_t>(waiters_.size());
        join_nodes.emplace(name, node);
        waiters_.emplace_back();
        waited_for_.emplace_back();
        for (const StepId& member : members) edge(find(member), node);
    }
    StepIndex i = range.begin;
    for (const StepSpec& step : steps) {
        for (const StepId& need : step.needs) edge(find(need), i);
        for (const std::string& join : step.after) edge(join_nodes.at(join), i);
        ++i;
    }
}

void Index::edge(std::uint32_t from, std::uint32_t to) {
    waiters_[from].push_back(to);
    waited_for_[to].push_back(from);
}

StepIndex Index::find(const StepId& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? kNone : found->second;
}

std::uint32_t Index::agent(const AgentId& id) const {
    const auto found = agent_numbers_.find(id);
    return found == agent_numbers_.end() ? kNone : found->second;
}

}  // namespace signalbox::sequence
