// SPDX-License-Identifier: Apache-2.0
// The client's end of one bidirectional stream, as a post-only reactor; see server_stream.hpp. All methods
// and handlers run on the strand. The stream owns itself until gRPC is done with it. The stub, strand and
// whatever the handlers capture must outlive it: close it and wait for on_closed.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "common/async/strand.hpp"
#include "common/rpc/stream_limits.hpp"

namespace signalbox::rpc {

template <class Out, class In>
class ClientStream final : public grpc::ClientBidiReactor<Out, In> {
  public:
    struct Handlers {
        std::function<void(In)> on_message;
        std::function<void(const grpc::Status&)> on_closed;  // once, last; also after close()
    };

    // `call` starts the RPC on the stub: call(context, reactor).
    static std::shared_ptr<ClientStream> open(
        async::Strand& strand, Handlers handlers,
        const std::function<void(grpc::ClientContext*, grpc::ClientBidiReactor<Out, In>*)>& call,
        StreamLimits limits = {}) {
        std::shared_ptr<ClientStream> stream(new ClientStream(strand, std::move(handlers), limits));
        stream->self_ = stream;
        call(&stream->context_, stream.get());
        stream->AddHold();  // operations start outside of gRPC's callbacks
        stream->StartRead(&stream->incoming_);
        stream->StartCall();
        return stream;
    }

    // False when the stream has ended, or ends now because the peer does not read what we send.
    bool send(Out message) {
        if (ended_ || finishing_) return false;
        const std::size_t bytes = message.ByteSizeLong();
        if (queue_.size() >= limits_.max_queued_messages ||
            queued_bytes_ + bytes > limits_.max_queued_bytes) {
            close();
            return false;
        }
        queued_bytes_ += bytes;
        queue_.push_back(std::move(message));
        write_next();
        return true;
    }

    // Bytes that wait to be sent: callers with much to send stop while this is high.
    [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }

    // Sends what is queued and then nothing more; what the peer still has to say is received until it ends.
    void finish() {
        finishing_ = true;
        write_next();
    }

    void close() {
        if (ended_) return;
        context_.TryCancel();
        end();
    }

    void OnReadDone(bool ok) override {
        if (!ok) {
            strand_.post([self = self_] { self->end(); });
            return;
        }
        strand_.post([self = self_] {
            if (self->ended_) return;
            In message = std::move(self->incoming_);
            self->incoming_ = In();
            if (self->handlers_.on_message) self->handlers_.on_message(std::move(message));
            if (!self->ended_) self->StartRead(&self->incoming_);
        });
    }
    void OnWriteDone(bool ok) override {
        strand_.post([self = self_, ok] {
            self->writing_ = false;
            if (!ok) self->end();
            self->write_next();
        });
    }
    void OnDone(const grpc::Status& status) override {
        strand_.post([self = self_, status] {
            if (self->handlers_.on_closed) self->handlers_.on_closed(status);
            self->handlers_ = {};
            self->self_.reset();
        });
    }

  private:
    ClientStream(async::Strand& strand, Handlers handlers, StreamLimits limits)
        : strand_(strand), handlers_(std::move(handlers)), limits_(limits) {}

    void write_next() {
        if (writing_ || ended_) return;
        if (queue_.empty()) {
            if (finishing_ && !std::exchange(said_last_, true)) this->StartWritesDone();
            return;
        }
        outgoing_ = std::move(queue_.front());
        queue_.pop_front();
        queued_bytes_ -= outgoing_.ByteSizeLong();
        writing_ = true;
        this->StartWrite(&outgoing_);
    }
    // No operation starts after this, so gRPC may finish.
    void end() {
        if (ended_) return;
        ended_ = true;
        queue_.clear();
        queued_bytes_ = 0;
        this->RemoveHold();
    }

    async::Strand& strand_;
    Handlers handlers_;
    StreamLimits limits_;
    grpc::ClientContext context_;
    In incoming_;
    Out outgoing_;
    std::deque<Out> queue_;
    std::size_t queued_bytes_ = 0;
    bool writing_ = false;
    bool finishing_ = false;
    bool said_last_ = false;
    bool ended_ = false;
    std::shared_ptr<ClientStream> self_;
};

}  // namespace signalbox::rpc
