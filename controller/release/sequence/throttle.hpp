// SPDX-License-Identifier: Apache-2.0
// Throttles: how many steps hold a slot in each scope, and how many may. A slot is held from the moment a
// step is queued for a token until its outcome is known, or until no token of it can be admitted any more.
// Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/release/sequence/state.hpp"

namespace signalbox::sequence {

// How many a release may see in a scope at `now`.
[[nodiscard]] int limit_of(const CapSpec& cap, Priority priority, Instant now);

// What is in use of everything that releases share. Cheap: looks at steps in flight only.
class Usage {
  public:
    Usage(const State& state, Instant now);

    [[nodiscard]] int in_use(const std::string& scope) const;
    // The caps of a scope that every release at work there sets, the smallest of each number; nullptr: no
    // limit.
    [[nodiscard]] const CapSpec* cap(const std::string& scope) const;
    // For a release's next step, by number of scope: how many more may start. Valid until add() is called.
    [[nodiscard]] std::vector<int> room(const ReleaseState& release, Instant now) const;

    void add(const ReleaseState& release, StepIndex step);
    // One slot of each of its scopes is not for others. kNone: nothing is reserved.
    void reserve(const ReleaseState& release, StepIndex step);

  private:
    void add_caps(const ReleaseState& release, Instant now);

    std::map<std::string, int> slots_;
    std::map<std::string, CapSpec> caps_;
};

// A host does one step at a time: whether some step there holds its slots.
[[nodiscard]] bool is_busy(const State& state, const AgentId& agent, Instant now);

// For people: who holds slots of a scope, and who waits for one.
struct ScopeView {
    struct Step {
        ReleaseId release;
        StepId step;
        std::string why;  // of a waiting one
    };
    std::string scope;
    int limit = 0;     // now, for an ordinary release; 0: none
    int hard_cap = 0;  // for emergencies
    bool peak = false;
    std::vector<Step> holding;
    std::vector<Step> waiting;
};
[[nodiscard]] std::vector<ScopeView> throttle_view(const State& state, Instant now);

}  // namespace signalbox::sequence
