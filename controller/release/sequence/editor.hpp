// SPDX-License-Identifier: Apache-2.0
// Editor: the only way in which a release's steps change. Keeps `tracking` true, and makes ready what a
// change frees. Pure; private to this module. Lives no longer than the release.
#pragma once

#include "controller/release/sequence/state.hpp"

namespace signalbox::sequence {

class Editor {
  public:
    Editor(ReleaseState& release, Instant now) : release_(release), index_(*release.index), now_(now) {}

    // f(StepState&) may change anything of the step. What it frees is ready when this returns.
    template <class F>
    void update(StepIndex i, F f) {
        StepState& step = release_.steps.edit(i);
        const StepStatus before = step.status;
        f(step);
        follow(i, before);
    }
    void set_course(Course course);
    // The list (of the present stage) may run from now on: whatever waits for nothing becomes ready.
    void open_list(bool undo);
    // `agent`: its number in the index.
    void set_online(std::uint32_t agent, bool online);
    void set_gone(std::uint32_t agent, bool gone) { release_.tracking.gone.set(agent, gone); }

    // Everything of `tracking` but who is online, from the steps alone: after loading.
    static void rebuild(ReleaseState& release);

  private:
    void follow(StepIndex i, StepStatus before);
    void mark(StepIndex i, const StepState& step);
    // `node` is over (or not any more): whoever waits for it is told.
    void tell_waiters(std::uint32_t node, bool over);
    void count_met(std::uint32_t node);
    void try_ready(StepIndex i);
    [[nodiscard]] bool list_is_open(StepIndex i) const;

    ReleaseState& release_;
    const Index& index_;
    Instant now_;
};

}  // namespace signalbox::sequence
