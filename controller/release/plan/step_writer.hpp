// SPDX-License-Identifier: Apache-2.0
// Writes the steps of one lane into its environment's list, each with its undo. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/release/plan/actions.hpp"
#include "controller/release/plan/joins.hpp"
#include "controller/release/plan/lane.hpp"

namespace signalbox::plan {

// The steps of an environment while they are written; the undo of a step by its place.
struct Draft {
    std::vector<PlanStep> steps;
    std::map<std::size_t, PlanStep> undo;
    Joins joins;
};

struct Context {
    const estate::Release& release;
    const estate::Environment& environment;
    const ArtifactRef& artifact;                                                      // of the lane's service
    const std::map<std::pair<std::string, std::string>, secret::Reference>& secrets;  // of Inputs
    Draft& draft;
    estate::Problems& problems;
};

// Weights that a shift sets, and those that it finds and its undo sets again.
struct Shift {
    Weights to;
    Weights from;
    std::string live_after;   // empty: it makes no colour live
    std::string live_before;  // that its undo makes live again
    std::string target;       // the host that it drains or lets in; empty: the whole lane
};

// The context and the lane must outlive it.
class StepWriter {
  public:
    StepWriter(const Context& context, const Lane& lane);

    [[nodiscard]] const Lane& lane() const { return lane_; }
    [[nodiscard]] Joins& joins() { return context_.draft.joins; }
    [[nodiscard]] Ends ends(StepIds steps, const std::string& name) const;

    StepId stage(const Host& host, Waits waits);
    // Activates on one host and checks it, with stop, start and the commands around; the last step.
    StepId install(const Host& host, Phase phase, Waits waits);
    // `hold` not 0: it must be healthy for so long without a break.
    StepId check(const Host& host, Phase phase, const std::string& name, std::chrono::seconds hold,
                 std::chrono::seconds delay, Waits waits);
    // Empty when the traffic cannot be reached, which was reported when the lane was made.
    StepId shift(const std::string& name, const Shift& shift, std::chrono::seconds delay, Waits waits);
    StepId retire(const Host& host, std::chrono::seconds delay, Waits waits);

  private:
    StepId command(const Host& host, Phase phase, const estate::Command& command, Waits waits);
    // Stops or starts the service; undone by the other.
    StepId run(const Host& host, Phase phase, const std::string& name, const estate::Run& to,
               const estate::Run& back, Waits waits);
    StepId add(const Host& host, Phase phase, const std::string& name, Action action, int max_attempts,
               Waits waits);
    PlanStep& add_undo(Action action, int max_attempts);
    [[nodiscard]] Balancer balancer();
    [[nodiscard]] std::string path(const estate::Located<std::string>& text,
                                   std::optional<Error> (*rule)(std::string_view));
    [[nodiscard]] std::string expand(const Host& host, const estate::Located<std::string>& text);
    [[nodiscard]] Words expand(const Host& host, const estate::Argv& argv);
    // Secrets in the version that is the newest now; one without a value is a problem.
    [[nodiscard]] Given given(const estate::Allowance& allowance);
    [[nodiscard]] std::chrono::seconds limit(std::chrono::seconds deadline) const;

    const Context& context_;
    const Lane& lane_;
    const estate::Service& service_;
    ActionWriter actions_;
    std::string prefix_;  // of a step's name, so that two services on a host have different steps
};

}  // namespace signalbox::plan
