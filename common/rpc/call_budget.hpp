// SPDX-License-Identifier: Apache-2.0
// How many calls one connection may begin. gRPC 1.51 makes a call's whole state before any of our code sees
// it and frees it later than a peer can ask for the next (the "rapid reset" of CVE-2023-44487): the budget is
// asked as soon as a call's headers are read, and a call beyond it ends there with RESOURCE_EXHAUSTED.
// Called from gRPC's threads, many at once.
#pragma once

#include <grpcpp/security/auth_metadata_processor.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "common/base/time.hpp"

namespace signalbox::rpc {

// A token bucket: `burst` calls at once, then `per_second`.
struct CallRate {
    double burst = 200;
    double per_second = 50;
};

class CallBudget final : public grpc::AuthMetadataProcessor {
  public:
    // `exceeded` is told of each call beyond the budget, on gRPC's thread: it must return at once. It and the
    // clock must outlive the credentials that hold this.
    CallBudget(const Clock& clock, CallRate rate, std::function<void()> exceeded)
        : clock_(clock), rate_(rate), exceeded_(std::move(exceeded)) {}

    [[nodiscard]] bool IsBlocking() const override { return false; }
    grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* connection,
                         OutputMetadata* consumed, OutputMetadata* response) override;

    // Calls refused, for metrics.
    [[nodiscard]] std::uint64_t refused() const { return refused_.load(); }

  private:
    struct Bucket {
        double left = 0;
        Duration at{};  // since boot
    };
    void forget_full(Duration now);

    const Clock& clock_;
    CallRate rate_;
    std::function<void()> exceeded_;
    std::mutex mutex_;
    std::map<std::string, Bucket, std::less<>> buckets_;  // by the mark that the connection got
    std::uint64_t marks_ = 0;
    std::atomic<std::uint64_t> refused_{0};
};

}  // namespace signalbox::rpc
