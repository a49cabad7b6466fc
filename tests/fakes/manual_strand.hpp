// SPDX-License-Identifier: Apache-2.0
// A strand without a thread: tasks run when the test says so, on the test's thread, and timers when the test
// moves the clock. call() from the test runs what waits first, then returns.
#pragma once

#include <algorithm>
#include <deque>
#include <mutex>

#include "common/async/strand.hpp"
#include "common/async/timer_queue.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace signalbox::fakes {

class ManualStrand final : public async::Strand {
  public:
    // The clock must outlive the strand.
    explicit ManualStrand(ManualClock& clock) : clock_(clock) {}

    void post(async::Task task) override {
        const std::lock_guard lock(mutex_);
        ready_.push_back(std::move(task));
    }
    async::TimerId post_at(Instant when, async::Task task) override {
        const std::lock_guard lock(mutex_);
        return timers_.add(when, std::move(task));
    }
    void cancel(async::TimerId timer) override {
        async::Task dropped;
        const std::lock_guard lock(mutex_);
        dropped = timers_.cancel(timer);
    }

    // Runs everything that is posted or due now, and what that posts; how many tasks ran.
    std::size_t run_ready() {
        std::size_t ran = 0;
        while (async::Task task = take()) {
            task();
            ++ran;
        }
        return ran;
    }
    // Moves the clock by `by`, stopping at every timer on the way to run it at its own instant.
    void advance(Duration by) {
        const Instant end = clock_.now() + by;
        run_ready();
        for (;;) {
            const auto next = next_timer();
            if (!next || *next > end) break;
            clock_.advance(std::max(*next - clock_.now(), Duration::zero()));
            run_ready();
        }
        clock_.advance(std::max(end - clock_.now(), Duration::zero()));
        run_ready();
    }
    [[nodiscard]] std::optional<Instant> next_timer() const {
        const std::lock_guard lock(mutex_);
        return timers_.next();
    }

  protected:
    void before_wait() override { run_ready(); }

  private:
    async::Task take() {
        const std::lock_guard lock(mutex_);
        while (auto due = timers_.take_due(clock_.now())) ready_.push_back(*std::move(due));
        if (ready_.empty()) return {};
        async::Task task = std::move(ready_.front());
        ready_.pop_front();
        return task;
    }

    ManualClock& clock_;
    mutable std::mutex mutex_;
    std::deque<async::Task> ready_;
    async::TimerQueue timers_;
};

}  // namespace signalbox::fakes
