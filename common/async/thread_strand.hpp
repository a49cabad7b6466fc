// SPDX-License-Identifier: Apache-2.0
// A strand with one thread of its own. Timers follow the injected clock's wall time; since that can step,
// they are looked at again at least every quarter of a second while any waits.
// An exception that leaves a task is a bug and terminates.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "common/async/strand.hpp"
#include "common/async/timer_queue.hpp"

namespace signalbox::async {

class ThreadStrand final : public Strand {
  public:
    // The clock must outlive the strand.
    explicit ThreadStrand(const Clock& clock);
    // Stops.
    ~ThreadStrand() override;

    // After stop() the task is destroyed without running.
    void post(Task task) override;
    TimerId post_at(Instant when, Task task) override;
    void cancel(TimerId timer) override;

    // Runs everything that was posted before, and what those tasks post; drops the timers; joins the thread.
    // Again is harmless. Not from the strand itself.
    void stop();
    // True on the strand's own thread.
    [[nodiscard]] bool is_current() const;

  private:
    void run();

    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> ready_;
    TimerQueue timers_;
    bool stopping_ = false;
    bool stopped_ = false;
    std::mutex join_mutex_;
    std::thread thread_;  // last: starts when the rest is made
};

}  // namespace signalbox::async
