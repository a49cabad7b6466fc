// SPDX-License-Identifier: Apache-2.0
// Fetches artifacts from the controller into the spool, one at a time, on a strand of its own: a second step
// that needs the same artifact finds it there. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/fetch/spool.hpp"
#include "common/async/thread_strand.hpp"
#include "signalbox/v1/agent.grpc.pb.h"

namespace grpc {
class ClientContext;
}

namespace signalbox::fetch {

// One FetchArtifact call at a time on a stub; see Spool::get's Source.
class Fetcher {
  public:
    using Stub = std::shared_ptr<v1::AgentService::Stub>;
    // Runs on the fetcher's strand: posts and returns.
    using Done = std::function<void(Result<std::vector<os::UniqueFd>>)>;

    // `directory` exists and is private; the clock must outlive the fetcher.
    Fetcher(std::string directory, SpoolLimits limits, const Clock& clock);
    ~Fetcher();
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;

    // All of them, in order, or the first error. A stub may be nullptr: what is in the spool is enough then.
    void get(std::vector<Wanted> wanted, Stub stub, Done done);
    void drop(std::vector<Wanted> damaged);
    // Breaks off what is under way and drops what waits.
    void stop();

  private:
    [[nodiscard]] Status download(v1::AgentService::Stub& stub, const Wanted& wanted, std::uint64_t offset,
                                  const ByteSink& sink);

    Spool spool_;
    const Clock& clock_;
    std::mutex mutex_;  // guards the two below
    grpc::ClientContext* running_ = nullptr;
    bool stopping_ = false;
    async::ThreadStrand strand_;
};

}  // namespace signalbox::fetch
