// SPDX-License-Identifier: Apache-2.0
// Builds the steps of one environment from its lanes: strategies, barrier, undo. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/release/plan/actions.hpp"
#include "controller/release/plan/lane.hpp"

namespace signalbox::plan {

// The references must outlive it.
class StageBuilder {
  public:
    StageBuilder(const estate::Release& release, const estate::Service& service,
                 const estate::Environment& environment, const ArtifactRef& artifact,
                 estate::Problems& problems);

    [[nodiscard]] PlanEnvironment build(const std::vector<Lane>& lanes) &&;

  private:
    using Ids = std::vector<StepId>;

    // A lane while it is being built: which steps end each phase.
    struct Progress {
        const Lane* lane;
        std::map<std::string, Ids> staged;  // in_place, by host: its stage step
        Ids prepared;
        Ids switched;
    };

    void prepare(Progress& at);
    void switch_in_place(Progress& at, const Ids& gate);
    void switch_colours(Progress& at, const Ids& gate);
    void verify(Progress& at, const Ids& gate);

    // Activates on one host and checks it, with the commands around; the last step.
    StepId install(const Lane& lane, const Host& host, Phase phase, Ids needs);
    StepId stage(const Lane& lane, const Host& host, Ids needs);
    StepId check(const Lane& lane, const Host& host, Phase phase, const std::string& name, Ids needs);
    StepId command(const Lane& lane, const Host& host, Phase phase, const estate::Command& command,
                   Ids needs);
    // Gives `servers` the weight `to`; its undo gives them `from`.
    StepId weigh(const Lane& lane, const std::string& name, const Weights& to, const Weights& from,
                 const std::string& live_after, const std::string& live_before, Ids needs);

    StepId add(const Lane& lane, const Host& host, Phase phase, const std::string& name, Action action,
               int max_attempts, Ids needs);
    void add_undo(const StepId& of, Action action, int max_attempts);
    [[nodiscard]] std::string expand(const Host& host, const estate::Located<std::string>& text);
    [[nodiscard]] Words expand(const Host& host, const estate::Argv& argv);
    [[nodiscard]] std::chrono::seconds limit(std::chrono::seconds deadline) const;

    const estate::Release& release_;
    const estate::Service& service_;
    const estate::Environment& environment_;
    const ArtifactRef& artifact_;
    estate::Problems& problems_;
    ActionWriter actions_;
    std::vector<PlanStep> steps_;
    std::map<StepId, PlanStep> undo_;
};

}  // namespace signalbox::plan
