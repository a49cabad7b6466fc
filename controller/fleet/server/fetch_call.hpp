// SPDX-License-Identifier: Apache-2.0
// One FetchArtifact call: writes an artifact's bytes, one chunk in flight, read when the last one is gone.
// Owns itself until gRPC is done with it. Reading a chunk from the disk happens on gRPC's callback threads:
// it is short, and bounded by the number of calls that are let in.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "controller/fleet/blob_reader.hpp"
#include "signalbox/v1/agent.pb.h"

namespace signalbox::fleet {

class FetchCall final : public grpc::ServerWriteReactor<v1::ArtifactChunk> {
  public:
    static constexpr std::size_t kChunkBytes = 256 * 1024;

    // `done` runs once when the call is over, on a gRPC thread.
    explicit FetchCall(std::function<void()> done) : done_(std::move(done)) {}

    // Exactly one of the two, once, from any thread.
    // `pass` turns false when the agent is cut off: no further chunk is sent then.
    void send(std::unique_ptr<Blob> blob, std::uint64_t offset,
              std::shared_ptr<const std::atomic<bool>> pass);
    void refuse(const Error& why);

    void OnWriteDone(bool ok) override;
    void OnDone() override;

  private:
    void write_next();

    std::function<void()> done_;
    std::unique_ptr<Blob> blob_;
    std::shared_ptr<const std::atomic<bool>> pass_;
    std::uint64_t offset_ = 0;
    v1::ArtifactChunk chunk_;
};

}  // namespace signalbox::fleet
