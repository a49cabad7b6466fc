// SPDX-License-Identifier: Apache-2.0
// What gRPC itself has to say, as structured lines: it would write to standard error, a line for each
// handshake that fails, and whoever reaches the port may make these fail. One for each program, made before
// any server and outliving them all; it is the one thing of gRPC that is global. Thread-safe.
#pragma once

#include "common/base/time.hpp"
#include "common/telemetry/logger.hpp"

namespace signalbox::rpc {

class GrpcLog {
  public:
    // At most so many lines a minute; how many were left out is told with the next one.
    static constexpr std::uint64_t kLinesPerMinute = 10;

    // The clock must outlive it. A second one beside the first is a bug and terminates.
    GrpcLog(telemetry::Logger log, const Clock& clock);
    ~GrpcLog();
    GrpcLog(const GrpcLog&) = delete;
    GrpcLog& operator=(const GrpcLog&) = delete;
};

}  // namespace signalbox::rpc
