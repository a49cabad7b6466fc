// SPDX-License-Identifier: Apache-2.0
#include "agent/link/uplink.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "common/rpc/peer.hpp"
#include "common/rpc/status.hpp"

namespace signalbox::link {
namespace {

constexpr int kKeepaliveMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// A step's approval may have 8 MiB, in base64.
constexpr int kMaxMessageBytes = 16 << 20;

bool said_no(const grpc::Status& status) {
    return status.error_code() == grpc::StatusCode::PERMISSION_DENIED ||
           status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
}

}  // namespace

Result<std::shared_ptr<grpc::Channel>> open_channel(const std::string& address, const rpc::TlsFiles& tls) {
    SB_TRY(auto credentials, rpc::client_credentials(tls));
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride(std::string(rpc::kControllerName));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
    return grpc::CreateCustomChannel(address, credentials, arguments);
}

Uplink::Uplink(UplinkSettings settings, Handlers handlers, async::Strand& strand, const Clock& clock,
               crypto::Random& random, telemetry::Logger log)
    : settings_(std::move(settings)),
      handlers_(std::move(handlers)),
      strand_(strand),
      clock_(clock),
      backoff_(random, settings_.backoff),
      log_(std::move(log)) {}

void Uplink::start() {
    connect();
}

void Uplink::stop(std::function<void()> done) {
    stopping_ = true;
    strand_.cancel(timer_);
    if (stream_ == nullptr) {
        done();
        return;
    }
    stopped_ = std::move(done);
    stream_->close();
}

void Uplink::reopen() {
    at_once_ = true;
    if (stream_ != nullptr) stream_->close();
}

bool Uplink::send(v1::AgentMessage message) {
    return stream_ != nullptr && stream_->send(std::move(message));
}

void Uplink::connect() {
    if (stopping_) return;
    auto channel = open_channel(settings_.address, settings_.tls);
    if (!channel) {
        log_.error("cannot read the certificate", {{"error", channel.error()}});
        again_after(settings_.backoff.longest);
        return;
    }
    stub_ = v1::AgentService::NewStub(*channel);
    opened_ = clock_.now();
    const std::uint64_t mine = ++attempt_;
    stream_ = Stream::open(strand_,
                           {[this](v1::ControllerMessage message) { received(std::move(message)); },
                            [this](const grpc::Status& status) { ended(status); }},
                           [this](grpc::ClientContext* context,
                                  grpc::ClientBidiReactor<v1::AgentMessage, v1::ControllerMessage>* r) {
                               stub_->async()->Connect(context, r);
                           });
    timer_ = strand_.post_at(opened_ + settings_.welcome_within, [this, mine] {
        if (mine == attempt_ && !welcomed_ && stream_ != nullptr) stream_->close();
    });
    handlers_.on_open();
}

void Uplink::received(v1::ControllerMessage message) {
    switch (message.kind_case()) {
        case v1::ControllerMessage::kWelcome:
            if (welcomed_) return;
            welcomed_ = true;
            log_.info("connected to the controller", {{"address", settings_.address}});
            handlers_.on_welcome(message.welcome());
            return;
        case v1::ControllerMessage::kGoodbye:
            log_.warning("the controller says goodbye", {{"reason", message.goodbye().reason()}});
            return;
        default:
            if (welcomed_) handlers_.on_message(std::move(message));
    }
}

void Uplink::ended(const grpc::Status& status) {
    const bool had_welcome = std::exchange(welcomed_, false);
    stream_.reset();
    stub_.reset();
    strand_.cancel(timer_);
    if (had_welcome) handlers_.on_down();
    if (stopping_) {
        if (stopped_) stopped_();
        return;
    }
    if (std::exchange(at_once_, false)) {
        connect();
        return;
    }
    if (had_welcome && clock_.now() - opened_ > settings_.settled_after) backoff_.reset();
    if (said_no(status)) backoff_.discourage();
    const Error why =
        status.ok() ? Error(Code::unavailable, "the controller ended the stream") : rpc::from_grpc(status);
    const Duration wait = backoff_.next();
    log_.warning("no connection to the controller",
                 {{"address", settings_.address},
                  {"error", why},
                  {"again_in_ms", std::chrono::duration_cast<std::chrono::milliseconds>(wait).count()}});
    again_after(wait);
}

void Uplink::again_after(Duration wait) {
    timer_ = strand_.post_at(clock_.now() + wait, [this] { connect(); });
}

}  // namespace signalbox::link
