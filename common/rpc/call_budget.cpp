// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/call_budget.hpp"

#include <algorithm>

namespace signalbox::rpc {
namespace {

// The property of a connection that names its bucket; shared by all of its calls.
constexpr const char* kMark = "signalbox_connection";
constexpr std::size_t kSweepAbove = 1024;

double refill(Duration since, double per_second) {
    return std::chrono::duration<double>(since).count() * per_second;
}

}  // namespace

grpc::Status CallBudget::Process(const InputMetadata&, grpc::AuthContext* connection, OutputMetadata*,
                                 OutputMetadata*) {
    const std::lock_guard lock(mutex_);
    const Duration now = clock_.boot();
    const auto marks = connection->FindPropertyValues(kMark);
    std::string mark;
    if (marks.empty()) {
        if (buckets_.size() > kSweepAbove) forget_full(now);
        mark = std::to_string(++marks_);
        // Before any handler of this connection runs, and never again: nobody else reads it meanwhile.
        connection->AddProperty(kMark, mark);
        buckets_[mark] = Bucket{rate_.burst, now};
    } else {
        mark.assign(marks.front().data(), marks.front().size());
    }
    auto [found, forgotten] = buckets_.try_emplace(mark, Bucket{rate_.burst, now});
    Bucket& bucket = found->second;
    bucket.left = std::min(rate_.burst, bucket.left + refill(now - bucket.at, rate_.per_second));
    bucket.at = now;
    if (bucket.left < 1) {
        ++refused_;
        exceeded_();
        return {grpc::StatusCode::RESOURCE_EXHAUSTED,
                "this connection began too many calls; come again later"};
    }
    bucket.left -= 1;
    return grpc::Status::OK;
}

// A bucket that has filled up again says nothing that a new one would not.
void CallBudget::forget_full(Duration now) {
    std::erase_if(buckets_, [&](const auto& entry) {
        return entry.second.left + refill(now - entry.second.at, rate_.per_second) >= rate_.burst;
    });
}

}  // namespace signalbox::rpc
