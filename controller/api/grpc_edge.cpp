// SPDX-License-Identifier: Apache-2.0
#include "controller/api/grpc_edge.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "controller/api/wire_error.hpp"

namespace signalbox::api {
namespace {

grpc::Status to_grpc(const Error& error) {
    return {static_cast<grpc::StatusCode>(wire_code(error.code()).grpc), error.message(),
            grpc_details(error)};
}

std::string bytes_of(const grpc::ByteBuffer& buffer) {
    std::vector<grpc::Slice> slices;
    std::string out;
    if (!buffer.Dump(&slices).ok()) return out;
    out.reserve(buffer.Length());
    for (const auto& slice : slices) {
        out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    return out;
}

// One call. gRPC deletes it (OnDone) at a time of its own, perhaps while the domain strand still works on the
// answer; so the answer goes through a shared slot that is emptied on OnDone.
class Call final : public grpc::ServerGenericBidiReactor {
  public:
    Call(const Dispatcher& dispatcher, grpc::GenericCallbackServerContext* context)
        : dispatcher_(dispatcher), slot_(std::make_shared<Slot>()) {
        slot_->call = this;
        method_ = context->method().substr(context->method().empty() ? 0 : 1);  // "/service/method"
        const auto& metadata = context->client_metadata();
        const auto [from, to] = metadata.equal_range("authorization");
        // Two keys in one call are none.
        if (from != to && std::next(from) == to) bearer_.assign(from->second.data(), from->second.size());
        StartRead(&request_);
    }

    void OnReadDone(bool ok) override {
        // gRPC does not say which: a message beyond the port's bound is dropped before it comes here.
        if (!ok) {
            return finish(Error(Code::resource_exhausted,
                                "the call carried no message, or one larger than is taken here",
                                "Send one message of at most 2 MiB; artifacts are sent in parts."));
        }
        dispatcher_.call(method_, bearer_, bytes_of(request_), Encoding::protobuf,
                         [slot = slot_](Result<std::string> answer) {
                             const std::lock_guard lock(slot->mutex);
                             if (slot->call != nullptr) slot->call->finish(std::move(answer));
                         });
    }
    void OnDone() override {
        {
            const std::lock_guard lock(slot_->mutex);
            slot_->call = nullptr;
        }
        delete this;
    }
    void OnCancel() override {
        const std::lock_guard lock(slot_->mutex);
        if (slot_->call != nullptr) finish(Error(Code::cancelled, "the caller went away"));
    }

  private:
    struct Slot {
        std::recursive_mutex mutex;  // gRPC may run OnDone inside Finish
        Call* call = nullptr;
    };

    void finish(Result<std::string> answer) {
        const std::lock_guard lock(slot_->mutex);
        if (finished_) return;
        finished_ = true;
        if (!answer) return Finish(to_grpc(answer.error()));
        const grpc::Slice slice(*answer);
        response_ = grpc::ByteBuffer(&slice, 1);
        StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
    }

    const Dispatcher& dispatcher_;
    std::shared_ptr<Slot> slot_;
    std::string method_;
    std::string bearer_;
    grpc::ByteBuffer request_;
    grpc::ByteBuffer response_;
    bool finished_ = false;
};

}  // namespace

grpc::ServerGenericBidiReactor* GrpcEdge::CreateReactor(grpc::GenericCallbackServerContext* context) {
    return new Call(dispatcher_, context);
}

}  // namespace signalbox::api
