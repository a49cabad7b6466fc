// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/undo.hpp"

#include <algorithm>
#include <unordered_map>

namespace signalbox::plan {
namespace {

// The nearest later steps that have an undo: single ones by their place, many together by a join of undo
// steps.
struct Followers {
    std::vector<std::size_t> steps;
    std::vector<std::string> joins;

    void add(const Followers& more) {
        steps.insert(steps.end(), more.steps.begin(), more.steps.end());
        joins.insert(joins.end(), more.joins.begin(), more.joins.end());
    }
    void settle() {
        std::sort(steps.begin(), steps.end());
        steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
        std::sort(joins.begin(), joins.end());
        joins.erase(std::unique(joins.begin(), joins.end()), joins.end());
    }
};

class Reverser {
  public:
    Reverser(const std::vector<PlanStep>& steps, const PlanJoins& joins,
             std::map<std::size_t, PlanStep> undo_of)
        : steps_(steps), undo_of_(std::move(undo_of)), later_(steps.size()) {
        place_.reserve(steps.size());
        for (std::size_t i = 0; i < steps.size(); ++i) place_.emplace(steps[i].id, i);
        for (const auto& [name, ids] : joins) {
            for (const auto& id : ids) joins_of_[place_.at(id)].push_back(name);
        }
    }

    Undo run() && {
        // From the last: whoever waits for a step or a join was seen before the step, or the join's members.
        for (std::size_t i = steps_.size(); i-- > 0;) {
            const auto joined = joins_of_.find(i);
            if (joined != joins_of_.end()) {
                for (const auto& name : joined->second) later_[i].add(settled(name));
            }
            later_[i].settle();
            const auto undo = undo_of_.find(i);
            Followers mine = std::move(later_[i]);
            if (undo != undo_of_.end()) {
                emit(std::move(undo->second), mine);
                mine = {{i}, {}};
            }
            for (const auto& need : steps_[i].needs) later_[place_.at(need)].add(mine);
            for (const auto& name : steps_[i].after) later_of_join_[name].add(mine);
        }
        return std::move(out_);
    }

  private:
    static StepId undo_id(const StepId& id) { return StepId(id.str() + "!undo"); }

    // Followers of a join become one join of the undo, unless they are few.
    const Followers& settled(const std::string& name) {
        const auto known = settled_.find(name);
        if (known != settled_.end()) return known->second;
        Followers& of = later_of_join_[name];
        of.settle();
        const bool alone = of.steps.size() + of.joins.size() <= 1;
        if (!alone) {
            for (const auto& join : of.joins) {
                const auto& more = members_.at(join);
                of.steps.insert(of.steps.end(), more.begin(), more.end());
            }
            of.joins.clear();
            of.settle();
            for (const std::size_t at : of.steps) out_.joins[name].push_back(undo_id(steps_[at].id));
            members_[name] = std::move(of.steps);
            of = {{}, {name}};
        }
        return settled_.emplace(name, std::move(of)).first->second;
    }

    void emit(PlanStep step, const Followers& waits) {
        // Later ones come first in the undo, so every edge leads to an earlier step of it.
        for (const std::size_t follower : waits.steps) step.needs.push_back(undo_id(steps_[follower].id));
        step.after = waits.joins;
        out_.steps.push_back(std::move(step));
    }

    const std::vector<PlanStep>& steps_;
    std::map<std::size_t, PlanStep> undo_of_;
    std::vector<Followers> later_;
    std::unordered_map<StepId, std::size_t> place_;
    std::unordered_map<std::size_t, std::vector<std::string>> joins_of_;  // a step's place -> joins with it
    std::map<std::string, Followers> later_of_join_;
    std::map<std::string, Followers> settled_;
    std::map<std::string, std::vector<std::size_t>> members_;  // of the undo's joins
    Undo out_;
};

}  // namespace

Undo order_undo(const std::vector<PlanStep>& steps, const PlanJoins& joins,
                std::map<std::size_t, PlanStep> undo_of) {
    return Reverser(steps, joins, std::move(undo_of)).run();
}

}  // namespace signalbox::plan
