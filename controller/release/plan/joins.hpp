// SPDX-License-Identifier: Apache-2.0
// Sets of steps that others wait for as a whole. One step is waited for by name, several by a join, so that
// the edges of a plan stay as few as its steps. Pure.
#pragma once

#include <string>
#include <vector>

#include "controller/release/plan/plan.hpp"

namespace signalbox::plan {

using StepIds = std::vector<StepId>;

// What a step waits for.
struct Waits {
    StepIds needs;
    std::vector<std::string> after;
};

// Steps that end a part of the work. `join` names them together when they are several.
struct Ends {
    StepIds steps;
    std::string join;
};

class Joins {
  public:
    // A join enters the plan when it is waited for. Its name must always stand for the same steps.
    void wait(const Ends& ends, Waits& waits);
    [[nodiscard]] PlanJoins take() && { return std::move(joins_); }

  private:
    PlanJoins joins_;
};

}  // namespace signalbox::plan
