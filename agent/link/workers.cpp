// SPDX-License-Identifier: Apache-2.0
#include "agent/link/workers.hpp"

#include <utility>

namespace signalbox::link {

void Workers::post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    waiting_.push_back(std::move(work));
    if (waiting_.size() > free_ && threads_.size() < most_) threads_.emplace_back([this] { run(); });
    changed_.notify_one();
}

void Workers::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++free_;
        changed_.wait(lock, [&] { return stopped_ || !waiting_.empty(); });
        --free_;
        if (stopped_) return;
        const std::function<void()> work = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        work();
        lock.lock();
    }
}

void Workers::stop() {
    std::vector<std::thread> ended;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        waiting_.clear();
        ended.swap(threads_);
        changed_.notify_all();
    }
    for (std::thread& thread : ended) thread.join();
}

}  // namespace signalbox::link
