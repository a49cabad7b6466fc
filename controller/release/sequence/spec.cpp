// SPDX-License-Identifier: Apache-2.0
#include "controller/release/sequence/spec.hpp"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace signalbox::sequence {
namespace {

Error wrong(std::string message) {
    return {Code::invalid_argument, std::move(message), "Plan the release again"};
}

// Kahn's algorithm over one list's steps and joins; what is left over waits for itself.
class Order {
  public:
    Order(const std::vector<StepSpec>& steps, const Joins& joins) : steps_(steps), joins_(joins) {}

    Status check(const std::string& stage) {
        SB_CHECK(index(stage));
        SB_CHECK(connect(stage));
        std::vector<std::size_t> free;
        for (std::size_t i = 0; i < waits_.size(); ++i) {
            if (waits_[i] == 0) free.push_back(i);
        }
        std::size_t done = 0;
        while (!free.empty()) {
            const std::size_t node = free.back();
            free.pop_back();
            ++done;
            for (const std::size_t next : before_[node]) {
                if (--waits_[next] == 0) free.push_back(next);
            }
        }
        if (done == waits_.size()) return {};
        return wrong("steps wait for themselves: " + name_cycle());
    }

  private:
    Status index(const std::string& stage) {
        for (const StepSpec& step : steps_) {
            if (step.id.empty() || step.agent.empty())
                return wrong("a step of " + stage + " has no id or agent");
            if (!nodes_.emplace(step.id.str(), nodes_.size()).second)
                return wrong("step " + step.id.str() + " is there twice");
            if (step.deadline_s < 1 || step.max_attempts < 1 || step.delay_s < 0) {
                return wrong(fmt::format("step {}: deadline_s and max_attempts must be at least 1, delay_s 0",
                                         step.id.str()));
            }
        }
        for (const auto& [name, members] : joins_) nodes_.emplace("join " + name, nodes_.size());
        before_.resize(nodes_.size());
        waits_.resize(nodes_.size());
        return {};
    }

    Status edge(const std::string& from, std::size_t to, const std::string& what, const std::string& stage) {
        const auto found = nodes_.find(from);
        if (found == nodes_.end())
            return wrong(fmt::format("{} names {}, which is no such step or join of {}", what, from, stage));
        before_[found->second].push_back(to);
        ++waits_[to];
        return {};
    }

    Status connect(const std::string& stage) {
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            const std::string what = "step " + steps_[i].id.str();
            for (const StepId& need : steps_[i].needs) SB_CHECK(edge(need.str(), i, what, stage));
            for (const std::string& join : steps_[i].after) SB_CHECK(edge("join " + join, i, what, stage));
        }
        for (const auto& [name, members] : joins_) {
            if (members.empty()) return wrong("join " + name + " of " + stage + " is empty");
            const std::size_t node = nodes_.at("join " + name);
            for (const StepId& member : members) SB_CHECK(edge(member.str(), node, "join " + name, stage));
        }
        return {};
    }

    // Follows, from a node that was left over, one that waits for it, until a node comes again.
    std::string name_cycle() const {
        std::vector<std::string> names(nodes_.size());
        for (const auto& [name, node] : nodes_) names[node] = name;
        std::vector<std::size_t> from(nodes_.size(), nodes_.size());
        for (std::size_t i = 0; i < before_.size(); ++i) {
            if (waits_[i] == 0) continue;
            for (const std::size_t next : before_[i]) {
                if (waits_[next] > 0) from[next] = i;
            }
        }
        std::size_t at = 0;
        while (waits_[at] == 0) ++at;
        std::vector<bool> seen(nodes_.size());
        while (!seen[at]) {
            seen[at] = true;
            at = from[at];
        }
        std::string text = names[at];
        for (std::size_t next = from[at]; next != at; next = from[next]) text += " waits for " + names[next];
        return text + " waits for " + names[at];
    }

    const std::vector<StepSpec>& steps_;
    const Joins& joins_;
    std::unordered_map<std::string, std::size_t> nodes_;
    std::vector<std::vector<std::size_t>> before_;  // who waits for this node
    std::vector<std::size_t> waits_;
};

Status validate_caps(const StageSpec& stage) {
    for (const auto& [scope, cap] : stage.caps) {
        if (cap.max_in_flight < 1 || cap.peak_max_in_flight < 1 || cap.hard_cap < cap.max_in_flight) {
            return wrong(fmt::format("the limits of {} in {} are out of order", scope, stage.name));
        }
    }
    if (!stage.caps.contains("environment:" + stage.name)) return wrong(stage.name + " has no limit");
    Instant last{};
    for (const ClosedSpec& closed : stage.closed) {
        if (closed.when.from < last || closed.when.to <= closed.when.from)
            return wrong("the closed times of " + stage.name + " are out of order");
        last = closed.when.to;
    }
    return {};
}

Status validate_undo(const StageSpec& stage) {
    std::unordered_set<StepId> forward;
    for (const StepSpec& step : stage.steps) {
        if (!step.undo_of.empty()) return wrong("forward step " + step.id.str() + " has an undo_of");
        forward.insert(step.id);
    }
    for (const StepSpec& step : stage.undo) {
        if (forward.contains(step.undo_of)) continue;
        return wrong(fmt::format("undo step {} undoes '{}', which is no step of {}", step.id.str(),
                                 step.undo_of.str(), stage.name));
    }
    return {};
}

}  // namespace

std::vector<std::string> scopes_of(const StepSpec& step, const std::string& environment) {
    std::vector<std::string> out{"global", "environment:" + environment};
    if (!step.site.empty()) out.push_back("site:" + step.site);
    if (!step.service.empty()) out.push_back("service:" + step.service);
    if (!step.pool.empty()) out.push_back("pool:" + environment + "/" + step.pool);
    return out;
}

Status validate(const ReleaseSpec& spec) {
    if (spec.id.empty()) return wrong("the release has no id");
    if (spec.stages.empty()) return wrong("release " + spec.id.str() + " has no environment");
    if (spec.not_after <= spec.not_before) return wrong("the window ends before it begins");
    if (spec.undo_not_after < spec.not_after) return wrong("the time to undo ends before the window");
    std::unordered_set<StepId> ids;
    std::unordered_set<std::string> names;
    for (const StageSpec& stage : spec.stages) {
        if (!names.insert(stage.name).second) return wrong("environment " + stage.name + " is there twice");
        SB_CHECK(validate_caps(stage));
        SB_CHECK(Order(stage.steps, stage.joins).check(stage.name));
        SB_CHECK(Order(stage.undo, stage.undo_joins).check(stage.name));
        SB_CHECK(validate_undo(stage));
        for (const auto* list : {&stage.steps, &stage.undo}) {
            for (const StepSpec& step : *list) {
                if (!ids.insert(step.id).second) return wrong("step " + step.id.str() + " is there twice");
            }
        }
    }
    return {};
}

}  // namespace signalbox::sequence
