// SPDX-License-Identifier: Apache-2.0
#include "common/async/thread_strand.hpp"

#include <algorithm>

namespace signalbox::async {
namespace {

constexpr Duration kLookAgain = std::chrono::milliseconds(250);

}  // namespace

ThreadStrand::ThreadStrand(const Clock& clock) : clock_(clock), thread_([this] { run(); }) {}

ThreadStrand::~ThreadStrand() {
    stop();
}

void ThreadStrand::post(Task task) {
    const std::lock_guard lock(mutex_);
    // `task` is a parameter: when it is dropped, it dies after the lock is gone.
    if (stopped_) return;
    ready_.push_back(std::move(task));
    changed_.notify_one();
}

TimerId ThreadStrand::post_at(Instant when, Task task) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return TimerId::none;
    const TimerId id = timers_.add(when, std::move(task));
    changed_.notify_one();
    return id;
}

void ThreadStrand::cancel(TimerId timer) {
    Task dropped;
    const std::lock_guard lock(mutex_);
    dropped = timers_.cancel(timer);
}

void ThreadStrand::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_one();
    }
    const std::lock_guard joining(join_mutex_);
    if (thread_.joinable()) thread_.join();
}

bool ThreadStrand::is_current() const {
    return std::this_thread::get_id() == thread_.get_id();
}

void ThreadStrand::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (!stopping_) {
            while (auto due = timers_.take_due(clock_.now())) ready_.push_back(*std::move(due));
        }
        if (!ready_.empty()) {
            Task task = std::move(ready_.front());
            ready_.pop_front();
            lock.unlock();
            task();
            task = nullptr;  // what it captured dies outside the lock
            lock.lock();
            continue;
        }
        if (stopping_) break;
        if (const auto next = timers_.next()) {
            changed_.wait_for(lock, std::min(*next - clock_.now(), kLookAgain));
        } else {
            changed_.wait(lock);
        }
    }
    stopped_ = true;
    TimerQueue dropped = std::exchange(timers_, {});
    lock.unlock();
}

}  // namespace signalbox::async
