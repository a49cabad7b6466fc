// SPDX-License-Identifier: Apache-2.0
// ArtifactService of operator.proto. Methods are called on the domain strand; what is slow runs on the side
// strand and replies on the domain strand, once. Roles are checked by the caller.
#pragma once

#include <functional>

#include "common/async/strand.hpp"
#include "controller/access/caller.hpp"
#include "controller/artifact/blob_store.hpp"
#include "controller/artifact/fetcher.hpp"
#include "controller/artifact/index.hpp"
#include "controller/estate/git_repository.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::artifact {

class ArtifactService {
  public:
    // All must outlive it and what it posted.
    struct Parts {
        async::Strand& domain;
        async::Strand& side;  // may block
        BlobStore& blobs;
        ArtifactIndex& index;
        estate::GitCache& git;
        Fetcher& fetcher;
        const Clock& clock;
    };
    explicit ArtifactService(Parts parts) : parts_(parts) {}

    template <class Response>
    using Reply = std::function<void(Result<Response>)>;

    [[nodiscard]] Result<v1::BeginUploadResponse> begin_upload(const access::Caller& caller,
                                                               const v1::BeginUploadRequest& request);
    [[nodiscard]] Result<v1::PutChunkResponse> put_chunk(const access::Caller& caller,
                                                         const v1::PutChunkRequest& request);
    void finish_upload(const access::Caller& caller, const v1::FinishUploadRequest& request,
                       Reply<v1::FinishUploadResponse> reply);
    void import(const access::Caller& caller, const v1::ImportArtifactRequest& request,
                Reply<v1::ImportArtifactResponse> reply);
    [[nodiscard]] Result<v1::ListArtifactsResponse> list(const access::Caller& caller,
                                                         const v1::ListArtifactsRequest& request);

  private:
    struct Held {
        crypto::Digest sha256;
        Announced announced;
    };
    // On the side strand.
    [[nodiscard]] Result<Held> import_git(const std::string& url);
    [[nodiscard]] Result<Held> import_https(const std::string& url, const crypto::Digest& sha256,
                                            const std::string& format);
    // On the domain strand.
    [[nodiscard]] Status record(const Held& held, const std::string& source);

    Parts parts_;
};

}  // namespace signalbox::artifact
