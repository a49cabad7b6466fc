// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/artifact_upload.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "controller/cli/archive_format.hpp"
#include "controller/cli/file.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

constexpr std::size_t kChunkBytes = 1 << 20;  // the most that PutChunk takes

Result<std::ifstream> open(const std::string& path) {
    std::error_code ignored;  // opening says more
    if (std::filesystem::is_directory(path, ignored)) return file_error("reading", path, EISDIR);
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (file) return file;
    return file_error("reading", path, errno);
}

Status changed(const std::string& path) {
    return Error(Code::data_loss, fmt::format("{} changed while it was being sent", path),
                 "push it again once nothing writes to it");
}

// One pass from where the controller stands to the end.
Result<Uploaded> send_rest(ApiPort& api, const LocalArtifact& artifact, const OnProgress& on_progress,
                           bool& moved) {
    v1::BeginUploadRequest begin;
    begin.set_sha256(artifact.sha256.hex());
    begin.set_size(artifact.size);
    begin.set_format(artifact.format);
    SB_TRY(const auto begun, ask<v1::BeginUploadResponse>(api, "ArtifactService/BeginUpload", begin));
    if (begun.complete()) return Uploaded{artifact.size, true};
    std::uint64_t at = begun.have();
    const std::uint64_t from = at;
    SB_TRY(std::ifstream file, open(artifact.path));
    while (at < artifact.size) {
        on_progress(at);
        std::string data(static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, artifact.size - at)),
                         '\0');
        file.seekg(static_cast<std::streamoff>(at));
        file.read(data.data(), static_cast<std::streamsize>(data.size()));
        if (static_cast<std::size_t>(file.gcount()) != data.size()) return changed(artifact.path).error();
        v1::PutChunkRequest put;
        put.set_sha256(artifact.sha256.hex());
        put.set_offset(at);
        put.set_data(std::move(data));
        SB_TRY(const auto got, ask<v1::PutChunkResponse>(api, "ArtifactService/PutChunk", put));
        if (got.have() <= at || got.have() > artifact.size) {
            return Error(Code::data_loss,
                         fmt::format("the controller says that it has {} of {} bytes after byte {} was sent",
                                     got.have(), artifact.size, at));
        }
        at = got.have();
        moved = true;
    }
    on_progress(at);
    v1::FinishUploadRequest finish;
    finish.set_sha256(artifact.sha256.hex());
    auto finished =
        ask<v1::FinishUploadResponse>(api, "ArtifactService/FinishUpload", finish, std::chrono::minutes(5));
    if (!finished) return std::move(finished).error().with_context(artifact.path);
    return Uploaded{from, false};
}

}  // namespace

Result<LocalArtifact> inspect_artifact(const std::string& path, const std::string& format,
                                       const OnProgress& on_progress) {
    SB_TRY(std::ifstream file, open(path));
    LocalArtifact artifact;
    artifact.path = path;
    artifact.format = format;
    crypto::Sha256 hash;
    std::string piece(kChunkBytes, '\0');
    while (file) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        const auto count = static_cast<std::size_t>(file.gcount());
        if (count == 0) break;
        const ByteView bytes = as_bytes(piece).first(count);
        if (artifact.size == 0 && artifact.format.empty()) artifact.format = sniff_format(bytes).value_or("");
        hash.update(bytes);
        artifact.size += count;
        on_progress(artifact.size);
    }
    if (file.bad() || !file.eof()) {
        return Error(Code::failed_precondition, fmt::format("reading {}: {}", path, std::strerror(errno)));
    }
    if (artifact.size == 0) return Error(Code::invalid_argument, fmt::format("{} is empty", path));
    if (artifact.format.empty()) {
        return Error(
            Code::invalid_argument, fmt::format("{} is not a tar, tar.gz or tar.zst archive", path),
            "pack it with tar (--zstd or --gzip); or, if you are sure, say which it is with --format");
    }
    artifact.sha256 = hash.finish();
    return artifact;
}

Result<Uploaded> upload_artifact(ApiPort& api, const LocalArtifact& artifact, const OnProgress& on_progress,
                                 const std::function<void(Duration)>& pause, int attempts) {
    Duration wait = std::chrono::milliseconds(500);
    for (int attempt = 1;; ++attempt) {
        bool moved = false;
        auto sent = send_rest(api, artifact, on_progress, moved);
        if (sent) return sent;
        if (moved) attempt = 1, wait = std::chrono::milliseconds(500);
        const Code code = sent.error().code();
        const bool may_pass = code == Code::unavailable || code == Code::deadline_exceeded;
        if (!may_pass || attempt >= attempts) return sent;
        pause(wait);
        wait *= 2;
    }
}

}  // namespace signalbox::cli
