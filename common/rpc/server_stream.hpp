// SPDX-License-Identifier: Apache-2.0
// The server's end of one bidirectional stream, as a post-only reactor: gRPC's callbacks do nothing but post
// to the strand; one read and one write are in flight; the next message is read when the strand has handled
// the last one, so a fast peer waits and memory stays bounded.
//
// open() is called on a gRPC thread; everything else, and every handler, runs on the strand. The stream owns
// itself until gRPC is done with it; holders keep a shared_ptr only to send. Clock and strand must outlive
// it.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "common/async/strand.hpp"
#include "common/base/time.hpp"
#include "common/rpc/stream_limits.hpp"

namespace signalbox::rpc {

template <class In, class Out>
class ServerStream final : public grpc::ServerBidiReactor<In, Out> {
  public:
    struct Handlers {
        std::function<void(In)> on_message;
        std::function<void()> on_closed;  // once, last
    };

    static std::shared_ptr<ServerStream> open(async::Strand& strand, const Clock& clock,
                                              grpc::CallbackServerContext* context,
                                              StreamLimits limits = {}) {
        std::shared_ptr<ServerStream> stream(new ServerStream(strand, clock, context, limits));
        stream->self_ = stream;
        return stream;
    }

    // Begins to read. Nothing is handled before it.
    void start(Handlers handlers) {
        handlers_ = std::move(handlers);
        if (closing_) return;
        this->StartRead(&incoming_);
    }

    // False when the stream is closing, or closes now because the peer does not read what we send.
    bool send(Out message) {
        if (closing_) return false;
        const std::size_t bytes = message.ByteSizeLong();
        if (queue_.size() >= limits_.max_queued_messages ||
            queued_bytes_ + bytes > limits_.max_queued_bytes) {
            close(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too much is waiting to be sent"));
            return false;
        }
        queued_bytes_ += bytes;
        queue_.push_back(std::move(message));
        write_next();
        return true;
    }

    // Ends the stream with this status after what is queued has been sent, or at the end of the grace.
    void close(grpc::Status status) {
        if (closing_) return;
        closing_ = std::move(status);
        strand_.post_at(clock_.now() + limits_.close_grace, [weak = std::weak_ptr<ServerStream>(self_)] {
            if (const auto stream = weak.lock()) stream->cut();
        });
        finish_when_idle();
    }

    [[nodiscard]] bool closing() const { return closing_.has_value(); }

    void OnReadDone(bool ok) override {
        if (!ok) {
            strand_.post([self = self_] { self->close(grpc::Status::OK); });
            return;
        }
        strand_.post([self = self_] {
            if (self->closing_) return;
            In message = std::move(self->incoming_);
            self->incoming_ = In();
            if (self->handlers_.on_message) self->handlers_.on_message(std::move(message));
            if (!self->closing_) self->StartRead(&self->incoming_);
        });
    }
    void OnWriteDone(bool ok) override {
        strand_.post([self = self_, ok] {
            self->writing_ = false;
            if (!ok) {
                self->drop_queue();
                self->close(grpc::Status(grpc::StatusCode::CANCELLED, "the peer went away"));
            }
            self->write_next();
            self->finish_when_idle();
        });
    }
    void OnCancel() override {
        strand_.post([self = self_] {
            self->drop_queue();
            self->close(grpc::Status(grpc::StatusCode::CANCELLED, "the peer went away"));
        });
    }
    void OnDone() override {
        {
            const std::lock_guard lock(context_mutex_);
            context_ = nullptr;
        }
        strand_.post([self = self_] {
            if (self->handlers_.on_closed) self->handlers_.on_closed();
            self->handlers_ = {};
            self->self_.reset();
        });
    }

  private:
    ServerStream(async::Strand& strand, const Clock& clock, grpc::CallbackServerContext* context,
                 StreamLimits limits)
        : strand_(strand), clock_(clock), limits_(limits), context_(context) {}

    void write_next() {
        if (writing_ || finished_ || queue_.empty()) return;
        outgoing_ = std::move(queue_.front());
        queue_.pop_front();
        queued_bytes_ -= outgoing_.ByteSizeLong();
        writing_ = true;
        this->StartWrite(&outgoing_);
    }
    void finish_when_idle() {
        if (!closing_ || finished_ || writing_ || !queue_.empty()) return;
        finished_ = true;
        this->Finish(*closing_);
    }
    void drop_queue() {
        queue_.clear();
        queued_bytes_ = 0;
    }
    void cut() {
        drop_queue();
        const std::lock_guard lock(context_mutex_);
        if (context_ != nullptr) context_->TryCancel();
    }

    async::Strand& strand_;
    const Clock& clock_;
    StreamLimits limits_;
    Handlers handlers_;
    In incoming_;
    Out outgoing_;
    std::deque<Out> queue_;
    std::size_t queued_bytes_ = 0;
    bool writing_ = false;
    bool finished_ = false;
    std::optional<grpc::Status> closing_;
    std::mutex context_mutex_;  // gRPC frees the context when OnDone returns
    grpc::CallbackServerContext* context_;
    std::shared_ptr<ServerStream> self_;
};

}  // namespace signalbox::rpc
