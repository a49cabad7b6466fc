// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/fetch_call.hpp"

#include <fmt/format.h>

#include "common/rpc/status.hpp"

namespace signalbox::fleet {

void FetchCall::send(std::unique_ptr<Blob> blob, std::uint64_t offset,
                     std::shared_ptr<const std::atomic<bool>> pass) {
    if (offset > blob->size()) {
        refuse(Error(Code::invalid_argument, fmt::format("byte {} is past the end", offset),
                     "Drop the partial file and start from 0"));
        return;
    }
    blob_ = std::move(blob);
    pass_ = std::move(pass);
    offset_ = offset;
    write_next();
}

void FetchCall::refuse(const Error& why) {
    Finish(rpc::to_grpc(why));
}

void FetchCall::write_next() {
    if (!pass_->load()) {
        refuse(Error(Code::permission_denied, "this agent was cut off", "Ask whoever runs the controller"));
        return;
    }
    chunk_.set_offset(offset_);
    chunk_.set_total(blob_->size());
    std::string& data = *chunk_.mutable_data();
    data.resize(kChunkBytes);
    auto got = blob_->read(offset_, data);
    if (!got) {
        Finish(rpc::to_grpc(got.error()));
        return;
    }
    data.resize(*got);
    if (data.empty()) {
        Finish(grpc::Status::OK);
        return;
    }
    offset_ += *got;
    StartWrite(&chunk_);
}

void FetchCall::OnWriteDone(bool ok) {
    if (ok) {
        write_next();
    } else {
        Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the agent went away"));
    }
}

void FetchCall::OnDone() {
    const std::unique_ptr<FetchCall> self(this);
    done_();
}

}  // namespace signalbox::fleet
