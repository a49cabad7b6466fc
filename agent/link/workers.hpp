// SPDX-License-Identifier: Apache-2.0
// Threads for work that blocks and has nothing to do with one another, as probes of different services: one
// that hangs must not delay the next. A thread is made when there is work and none is free, up to a bound;
// beyond it work waits in the order in which it came. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace signalbox::link {

class Workers {
  public:
    explicit Workers(std::size_t most) : most_(most) {}
    ~Workers() { stop(); }
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    // After stop() it is dropped.
    void post(std::function<void()> work);
    // What waits is dropped, what runs is waited for. Idempotent; not from a worker.
    void stop();

  private:
    void run();

    const std::size_t most_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    std::deque<std::function<void()>> waiting_;
    std::vector<std::thread> threads_;
    std::size_t free_ = 0;
    bool stopped_ = false;
};

}  // namespace signalbox::link
