// SPDX-License-Identifier: Apache-2.0
// Our one stream to the controller: opens it, opens it again with growing pauses, and says when it is there.
// Everything runs on the strand.
#pragma once

#include <functional>
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
        std::function<void()> on_open;  // a stream began: say hello
        std::function<void(const v1::Welcome&)> on_welcome;
        std::function<void(v1::ControllerMessage)> on_message;  // everything after the welcome
        std::function<void()> on_down;
    };

    // Strand, clock and random source must outlive it.
    Uplink(UplinkSettings settings, Handlers handlers, async::Strand& strand, const Clock& clock,
           crypto::Random& random, telemetry::Logger log);

    void start();
    // Ends for good; `done` runs when gRPC holds nothing of ours any more.
    void stop(std::function<void()> done);
    // Ends the present stream and opens another at once: after a new certificate.
    void reopen();

    bool send(v1::AgentMessage message);
    [[nodiscard]] bool welcomed() const { return welcomed_; }
    [[nodiscard]] bool open() const { return stream_ != nullptr; }
    [[nodiscard]] std::size_t queued_bytes() const { return stream_ ? stream_->queued_bytes() : 0; }
    // A stub on the present stream's channel, for single calls; nullptr while there is none.
    [[nodiscard]] std::shared_ptr<v1::AgentService::Stub> stub() const { return stub_; }

  private:
    using Stream = rpc::ClientStream<v1::AgentMessage, v1::ControllerMessage>;
    void connect();
    void received(v1::ControllerMessage message);
    void ended(const grpc::Status& status);
    void again_after(Duration wait);

    UplinkSettings settings_;
    Handlers handlers_;
    async::Strand& strand_;
    const Clock& clock_;
    Backoff backoff_;
    telemetry::Logger log_;
    std::shared_ptr<v1::AgentService::Stub> stub_;
    std::shared_ptr<Stream> stream_;
    std::uint64_t attempt_ = 0;
    Instant opened_{};
    bool welcomed_ = false;
    bool at_once_ = false;
    bool stopping_ = false;
    std::function<void()> stopped_;
    async::TimerId timer_ = async::TimerId::none;
};

}  // namespace signalbox::link
