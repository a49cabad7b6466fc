// SPDX-License-Identifier: Apache-2.0
// PlannerPort: makes a plan from the estate as it is now. It reads Git on a side thread, so it answers later,
// on the domain strand.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "controller/estate/problem.hpp"
#include "controller/release/plan/plan.hpp"

namespace signalbox::dispatch {

struct PlanOrder {
    std::string manifest;  // path in the estate
    std::string ref;       // empty: the configured one
    std::string requester;
    std::string change;
};

struct Planned {
    std::optional<plan::Plan> plan;  // absent when there is a problem that is not a warning
    estate::Problems problems;
};

class PlannerPort {
  public:
    virtual ~PlannerPort() = default;
    // Called on the domain strand; `done` is called once, on the domain strand, not from inside the call.
    // Errors: not_found (manifest), unavailable (estate), failed_precondition (no estate is set). The
    // counter is the store's next_counter() at the moment of compiling.
    virtual void plan(const PlanOrder& order, std::function<void(Result<Planned>)> done) = 0;
};

}  // namespace signalbox::dispatch
