// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/app/probes.hpp"

namespace signalbox::executor {
namespace {

// The agent gives up at the timeout and answers; this much later we do not wait for it any more.
constexpr std::chrono::milliseconds kAnswerSlack{1000};

}  // namespace

Result<actions::ProbeAnswer> Probes::get(const std::string& url, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    const std::string id = std::to_string(next_++);
    waiting_[id] = std::nullopt;
    lock.unlock();
    const bool sent = send_(ipc::ProbeEvent{id, url, timeout.count()});
    lock.lock();
    if (sent)
        answered_.wait_for(lock, timeout + kAnswerSlack,
                           [&] { return stopped_ || waiting_[id].has_value(); });
    const auto result = std::move(waiting_[id]);
    waiting_.erase(id);
    if (!sent) return Error(Code::unavailable, "no agent is connected to make the probe");
    if (stopped_) return Error(Code::cancelled, "the executor stops");
    if (!result) return Error(Code::deadline_exceeded, "the agent did not answer the probe in time");
    if (!result->ok)
        return Error(Code::unavailable, result->error.empty() ? "the probe failed" : result->error);
    return actions::ProbeAnswer{result->status, result->body};
}

void Probes::answer(ipc::ProbeResultRequest result) {
    const std::lock_guard lock(mutex_);
    const auto at = waiting_.find(result.id);
    if (at == waiting_.end()) return;
    at->second = std::move(result);
    answered_.notify_all();
}

void Probes::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    answered_.notify_all();
}

}  // namespace signalbox::executor
