// SPDX-License-Identifier: Apache-2.0
#include "common/async/timer_queue.hpp"

namespace signalbox::async {

TimerId TimerQueue::add(Instant when, Task task) {
    const std::uint64_t id = ++last_;
    waiting_.emplace(Key{when, id}, std::move(task));
    when_.emplace(id, when);
    return TimerId{id};
}

Task TimerQueue::cancel(TimerId timer) {
    const auto id = static_cast<std::uint64_t>(timer);
    const auto when = when_.find(id);
    if (when == when_.end()) return {};
    const auto found = waiting_.find(Key{when->second, id});
    Task task = std::move(found->second);
    waiting_.erase(found);
    when_.erase(when);
    return task;
}

std::optional<Instant> TimerQueue::next() const {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.begin()->first.first;
}

std::optional<Task> TimerQueue::take_due(Instant now) {
    if (waiting_.empty() || waiting_.begin()->first.first > now) return std::nullopt;
    const auto first = waiting_.begin();
    Task task = std::move(first->second);
    when_.erase(first->first.second);
    waiting_.erase(first);
    return task;
}

}  // namespace signalbox::async
