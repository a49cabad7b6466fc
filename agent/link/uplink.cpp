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
    if (lines_.empty()) {
        done();
        return;
    }
    stopped_ = std::move(done);
    for (auto& [number, line] : lines_) line.stream->close();
}

void Uplink::reopen() {
    if (stopping_) return;
    if (present_ == 0) {
        strand_.cancel(timer_);
        connect();
        return;
    }
    if (!welcomed_) {
        at_once_ = true;
        lines_.at(present_).stream->close();
        return;
    }
    // Its own end, later, must not be taken for news of the line that comes instead.
    if (next_ != 0) lines_.at(std::exchange(next_, 0)).stream->close();
    auto line = open_line();
    if (!line) {
        log_.error("cannot read the certificate", {{"error", line.error()}});
        return;
    }
    next_ = opened_lines_;
    lines_.emplace(next_, *std::move(line));
    strand_.post_at(clock_.now() + settings_.welcome_within, [this, mine = next_] {
        if (mine == next_ && !stopping_) lines_.at(mine).stream->close();
    });
    handlers_.on_open();
}

void Uplink::greet(const v1::AgentMessage& hello) {
    for (const std::uint64_t number : {present_, next_}) {
        if (number != 0) lines_.at(number).stream->send(hello);
    }
}

bool Uplink::send(v1::AgentMessage message) {
    return open() && lines_.at(present_).stream->send(std::move(message));
}

Result<Uplink::Line> Uplink::open_line() {
    SB_TRY(auto channel, open_channel(settings_.address, settings_.tls));
    Line line;
    line.stub = v1::AgentService::NewStub(channel);
    const std::uint64_t number = ++opened_lines_;
    line.stream =
        Stream::open(strand_,
                     {[this, number](v1::ControllerMessage message) { received(number, std::move(message)); },
                      [this, number](const grpc::Status& status) { ended(number, status); }},
                     [&line](grpc::ClientContext* context,
                             grpc::ClientBidiReactor<v1::AgentMessage, v1::ControllerMessage>* reactor) {
                         line.stub->async()->Connect(context, reactor);
                     });
    return line;
}

void Uplink::connect() {
    if (stopping_) return;
    auto line = open_line();
    if (!line) {
        log_.error("cannot read the certificate", {{"error", line.error()}});
        again_after(settings_.backoff.longest);
        return;
    }
    opened_ = clock_.now();
    present_ = opened_lines_;
    lines_.emplace(present_, *std::move(line));
    timer_ = strand_.post_at(opened_ + settings_.welcome_within, [this, mine = present_] {
        if (mine == present_ && !welcomed_) lines_.at(mine).stream->close();
    });
    handlers_.on_open();
}

void Uplink::received(std::uint64_t line, v1::ControllerMessage message) {
    switch (message.kind_case()) {
        case v1::ControllerMessage::kWelcome:
            if (line == next_) {
                take_over();
            } else if (line != present_ || welcomed_) {
                return;
            } else {
                welcomed_ = true;
                log_.info("connected to the controller", {{"address", settings_.address}});
            }
            handlers_.on_welcome(message.welcome());
            return;
        case v1::ControllerMessage::kGoodbye:
            if (line != present_) return;
            log_.warning("the controller says goodbye", {{"reason", message.goodbye().reason()}});
            return;
        case v1::ControllerMessage::kReceipts:
            // They continue what we said in a hello. One is on its way on the next stream, so what the
            // present one still brings would come in between; the controller sends it again.
            if (welcomed_ && line == present_ && next_ == 0) handlers_.on_message(std::move(message));
            return;
        default:
            if (welcomed_ && line != next_) handlers_.on_message(std::move(message));
    }
}

void Uplink::take_over() {
    lines_.at(present_).stream->finish();
    present_ = std::exchange(next_, 0);
    opened_ = clock_.now();
    log_.info("connected to the controller with a new certificate", {{"address", settings_.address}});
}

void Uplink::ended(std::uint64_t line, const grpc::Status& status) {
    const bool was_present = line == present_;
    if (line == next_) {
        next_ = 0;
        if (!stopping_ && present_ != 0) handlers_.on_open();  // receipts that we left out are sent again
        if (!stopping_) log_.warning("no second connection", {{"error", rpc::from_grpc(status)}});
    }
    lines_.erase(line);
    if (was_present) {
        present_ = 0;
        if (std::exchange(welcomed_, false)) handlers_.on_down();
        strand_.cancel(timer_);
        if (next_ != 0) lines_.at(next_).stream->close();
    }
    if (!stopping_) {
        if (was_present && std::exchange(at_once_, false)) {
            connect();
        } else if (was_present) {
            lost(status);
        }
        return;
    }
    if (lines_.empty() && stopped_) stopped_();
}

void Uplink::lost(const grpc::Status& status) {
    if (clock_.now() - opened_ > settings_.settled_after) backoff_.reset();
    if (said_no(status)) backoff_.discourage();
    const Error why =
        status.ok() ? Error(Code::unavailable, "the controller ended the stream") : rpc::from_grpc(status);
    const Duration wait = backoff_.next();
    log_.warning("no connection to the controller",
                 {{"address", settings_.address},
                  {"error", why},
                  {"again_in_ms", std::chrono::duration_cast<std::chrono::milliseconds>(wait).count()}});
    again_after(wait);
    handlers_.on_lost(why);
}

void Uplink::again_after(Duration wait) {
    timer_ = strand_.post_at(clock_.now() + wait, [this] { connect(); });
}

}  // namespace signalbox::link
