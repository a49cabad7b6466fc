// SPDX-License-Identifier: Apache-2.0
#include "controller/artifact/artifact_service.hpp"

#include <fmt/format.h>

#include <memory>

#include "controller/artifact/import.hpp"

namespace signalbox::artifact {
namespace {

Result<crypto::Digest> digest_of(const std::string& hex) {
    auto digest = crypto::parse_digest(hex);
    if (digest) return digest;
    return Error{Code::invalid_argument, fmt::format("'{:.80}' is not a SHA-256 digest", hex),
                 "Give 64 lower-case hex digits, as sha256sum prints them"};
}

}  // namespace

Result<v1::BeginUploadResponse> ArtifactService::begin_upload(const access::Caller&,
                                                              const v1::BeginUploadRequest& request) {
    SB_TRY(const crypto::Digest digest, digest_of(request.sha256()));
    SB_CHECK(check_format(request.format()));
    SB_TRY(const auto known, parts_.index.find(digest));
    v1::BeginUploadResponse response;
    if (known && parts_.blobs.holds(digest)) {
        if (known->format != request.format() || known->size != request.size()) {
            return Error{
                Code::conflict,
                fmt::format("sha256:{} is held as {} bytes of {}", digest.hex(), known->size, known->format),
                fmt::format("Push it with --format {}", known->format)};
        }
        response.set_have(known->size);
        response.set_complete(true);
        return response;
    }
    SB_TRY(const std::uint64_t have, parts_.blobs.begin(digest, {request.size(), request.format()}));
    response.set_have(have);
    return response;
}

Result<v1::PutChunkResponse> ArtifactService::put_chunk(const access::Caller&,
                                                        const v1::PutChunkRequest& request) {
    SB_TRY(const crypto::Digest digest, digest_of(request.sha256()));
    SB_TRY(const std::uint64_t have, parts_.blobs.put(digest, request.offset(), as_bytes(request.data())));
    v1::PutChunkResponse response;
    response.set_have(have);
    return response;
}

Status ArtifactService::record(const Held& held, const std::string& source) {
    return parts_.index.add(
        {held.sha256, held.announced.size, held.announced.format, parts_.clock.now(), source});
}

void ArtifactService::finish_upload(const access::Caller& caller, const v1::FinishUploadRequest& request,
                                    Reply<v1::FinishUploadResponse> reply) {
    auto digest = digest_of(request.sha256());
    if (!digest) return reply(std::move(digest).error());
    const auto known = parts_.index.find(*digest);
    if (!known) return reply(known.error());
    // Somebody else's upload of the same bytes was quicker.
    if (known->has_value() && parts_.blobs.holds(*digest)) return reply(v1::FinishUploadResponse{});
    const std::string source = "upload by " + caller.name;
    parts_.side.post([this, sha256 = *digest, source, reply = std::move(reply)] {
        auto finished = std::make_shared<Result<Announced>>(parts_.blobs.finish(sha256));
        parts_.domain.post([this, sha256, source, finished, reply] {
            if (!*finished) return reply(std::move(*finished).error());
            if (auto status = record({sha256, **finished}, source); !status)
                return reply(std::move(status).error());
            reply(v1::FinishUploadResponse{});
        });
    });
}

Result<ArtifactService::Held> ArtifactService::import_git(const std::string& url) {
    SB_TRY(const std::string tar, read_git_tar(parts_.git, url));
    const Held held{crypto::sha256(tar), {tar.size(), "tar"}};
    if (parts_.blobs.holds(held.sha256)) return held;
    SB_TRY(std::uint64_t have, parts_.blobs.begin(held.sha256, held.announced));
    while (have < tar.size()) {
        const ByteView rest = as_bytes(tar).subspan(have);
        SB_TRY(have, parts_.blobs.put(held.sha256, have, rest.first(std::min(rest.size(), kMaxChunkBytes))));
    }
    SB_CHECK(parts_.blobs.finish(held.sha256));
    return held;
}

Result<ArtifactService::Held> ArtifactService::import_https(const std::string& url,
                                                            const crypto::Digest& sha256,
                                                            const std::string& format) {
    SB_TRY(const std::uint64_t size, download(parts_.fetcher, parts_.blobs, url, sha256, format));
    return Held{sha256, {size, format}};
}

void ArtifactService::import(const access::Caller&, const v1::ImportArtifactRequest& request,
                             Reply<v1::ImportArtifactResponse> reply) {
    auto source = estate::parse_artifact_source(request.url(), request.sha256());
    if (!source) return reply(std::move(source).error());
    const bool git = !source->sha256;
    const std::string format = git && request.format().empty() ? "tar" : request.format();
    if (auto status = check_format(format); !status) return reply(std::move(status).error());
    if (request.url().starts_with("blob:") || (git && format != "tar")) {
        return reply(Error{Code::invalid_argument,
                           git ? "a Git tree becomes a tar" : "a blob: is what the controller holds already",
                           git ? "Leave the format out" : "Push the file: signalbox artifact push FILE"});
    }
    parts_.side.post([this, source = *source, git, format, reply = std::move(reply)] {
        auto held = std::make_shared<Result<Held>>(git ? import_git(source.url)
                                                       : import_https(source.url, *source.sha256, format));
        parts_.domain.post([this, source, held, reply] {
            if (!*held) return reply(std::move(*held).error());
            if (auto status = record(**held, source.url); !status) return reply(std::move(status).error());
            v1::ImportArtifactResponse response;
            response.set_sha256((*held)->sha256.hex());
            response.set_size((*held)->announced.size);
            reply(std::move(response));
        });
    });
}

Result<v1::ListArtifactsResponse> ArtifactService::list(const access::Caller&,
                                                        const v1::ListArtifactsRequest&) {
    SB_TRY(const auto records, parts_.index.list(1000));
    v1::ListArtifactsResponse response;
    for (const auto& record : records) {
        auto& out = *response.add_artifacts();
        out.set_sha256(record.sha256.hex());
        out.set_size(record.size);
        out.set_format(record.format);
        out.set_added(to_rfc3339(record.added));
        out.set_source(record.source);
    }
    return response;
}

}  // namespace signalbox::artifact
