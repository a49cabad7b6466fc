// SPDX-License-Identifier: Apache-2.0
// Our stream to the controller: opens it, opens it again with growing pauses, and says when it is there;
// while a certificate is renewed a second one takes over from it. Everything runs on the strand.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/link/backoff.hpp"
#include "common/async/strand.hpp"
#include "common/rpc/client_stream.hpp"
#include "common/rpc/tls.hpp"
#include "common/telemetry/logger.hpp"
#include "signalbox/v1/agent.grpc.pb.h"

namespace signalbox::link {

struct UplinkSettings {
    std::string address;  // host:port
    rpc::TlsFiles tls;    // read afresh for each stream, so that a renewed certificate is used
    BackoffLimits backoff;
    std::chrono::seconds welcome_within{15};
    std::chrono::seconds settled_after{30};  // a stream that lived so long starts the pauses afresh
};

// A channel to the controller with our certificate. Errors: the TLS files'.
[[nodiscard]] Result<std::shared_ptr<grpc::Channel>> open_channel(const std::string& address,
                                                                  const rpc::TlsFiles& tls);

class Uplink {
  public:
    struct Handlers {
        std::function<void()> on_open;                          // a stream began: say hello (greet)
        std::function<void(const v1::Welcome&)> on_welcome;     // also when another stream took over
        std::function<void(v1::ControllerMessage)> on_message;  // everything after the welcome
        std::function<void()> on_down;
        // No stream could be had, or it ended; it is tried again.
        std::function<void(const Error& why)> on_lost = [](const Error&) {};
    };

    // Strand, clock and random source must outlive it.
    Uplink(UplinkSettings settings, Handlers handlers, async::Strand& strand, const Clock& clock,
           crypto::Random& random, telemetry::Logger log);

    void start();
    // Ends for good; `done` runs when gRPC holds nothing of ours any more.
    void stop(std::function<void()> done);
    // After a new certificate: opens another stream beside the present one. When the controller welcomes it,
    // it takes over; the other sends what it has queued, receives what is on its way, and ends.
    void reopen();

    // Hello: also on a stream that is about to take over.
    void greet(const v1::AgentMessage& hello);
    bool send(v1::AgentMessage message);
    [[nodiscard]] bool welcomed() const { return welcomed_; }
    [[nodiscard]] bool open() const { return present_ != 0; }
    [[nodiscard]] std::size_t queued_bytes() const {
        return open() ? lines_.at(present_).stream->queued_bytes() : 0;
    }
    // A stub on the present stream's channel, for single calls; nullptr while there is none.
    [[nodiscard]] std::shared_ptr<v1::AgentService::Stub> stub() const {
        return open() ? lines_.at(present_).stub : nullptr;
    }

  private:
    using Stream = rpc::ClientStream<v1::AgentMessage, v1::ControllerMessage>;
    // A stream, and the stub of its channel.
    struct Line {
        std::shared_ptr<v1::AgentService::Stub> stub;
        std::shared_ptr<Stream> stream;
    };
    void connect();
    [[nodiscard]] Result<Line> open_line();
    void received(std::uint64_t line, v1::ControllerMessage message);
    void take_over();
    void ended(std::uint64_t line, const grpc::Status& status);
    void lost(const grpc::Status& status);
    void again_after(Duration wait);

    UplinkSettings settings_;
    Handlers handlers_;
    async::Strand& strand_;
    const Clock& clock_;
    Backoff backoff_;
    telemetry::Logger log_;
    std::map<std::uint64_t, Line> lines_;  // by the order in which they were opened
    std::uint64_t opened_lines_ = 0;
    std::uint64_t present_ = 0;  // 0: none
    std::uint64_t next_ = 0;     // not welcomed yet; takes over from the present one
    Instant opened_{};           // the present one
    bool welcomed_ = false;
    bool at_once_ = false;  // when the present one ends, connect without a pause
    bool stopping_ = false;
    std::function<void()> stopped_;
    async::TimerId timer_ = async::TimerId::none;
};

}  // namespace signalbox::link
