// SPDX-License-Identifier: Apache-2.0
#include "agent/fetch/fetcher.hpp"

#include <fmt/format.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include "common/rpc/status.hpp"

namespace signalbox::fetch {
namespace {

// Of one call; what came by then is kept and the next try goes on from there.
constexpr std::chrono::minutes kDeadline{30};

}  // namespace

Fetcher::Fetcher(std::string directory, SpoolLimits limits, const Clock& clock)
    : spool_(std::move(directory), limits), clock_(clock), strand_(clock) {}

Fetcher::~Fetcher() {
    stop();
}

void Fetcher::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        if (running_ != nullptr) running_->TryCancel();
    }
    strand_.stop();
}

void Fetcher::get(std::vector<Wanted> wanted, Stub stub, Done done) {
    strand_.post([this, wanted = std::move(wanted), stub = std::move(stub), done = std::move(done)] {
        const Source source = [this, &stub](const Wanted& w, std::uint64_t offset,
                                            const ByteSink& sink) -> Status {
            if (stub == nullptr) return Error(Code::unavailable, "there is no connection to the controller");
            return download(*stub, w, offset, sink);
        };
        std::vector<os::UniqueFd> files;
        for (const Wanted& w : wanted) {
            auto file = spool_.get(w, source);
            if (!file) {
                done(std::move(file).error());
                return;
            }
            files.push_back(*std::move(file));
        }
        done(std::move(files));
    });
}

void Fetcher::drop(std::vector<Wanted> damaged) {
    strand_.post([this, damaged = std::move(damaged)] {
        for (const Wanted& w : damaged) spool_.drop(w.sha256);
    });
}

Status Fetcher::download(v1::AgentService::Stub& stub, const Wanted& wanted, std::uint64_t offset,
                         const ByteSink& sink) {
    grpc::ClientContext context;
    context.set_deadline(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(clock_.now() + kDeadline));
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return Error(Code::cancelled, "the agent is stopping");
        running_ = &context;
    }
    v1::FetchArtifactRequest request;
    request.set_sha256(wanted.sha256.hex());
    request.set_offset(offset);
    const auto reader = stub.FetchArtifact(&context, request);
    v1::ArtifactChunk chunk;
    Status status;
    while (status.ok() && reader->Read(&chunk)) {
        if (chunk.offset() != offset || chunk.total() != wanted.size) {
            status = Error(
                Code::data_loss,
                fmt::format("the controller holds {} bytes, the step names {}", chunk.total(), wanted.size),
                "Upload the artifact again");
        } else {
            status = sink(chunk.data());
            offset += chunk.data().size();
        }
    }
    if (!status) context.TryCancel();
    const grpc::Status ended = reader->Finish();
    {
        const std::lock_guard lock(mutex_);
        running_ = nullptr;
    }
    if (!status) return status;
    if (!ended.ok()) return rpc::from_grpc(ended);
    return {};
}

}  // namespace signalbox::fetch
