// SPDX-License-Identifier: Apache-2.0
#include "controller/artifact/blob_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "common/json/json.hpp"
#include "common/os/file.hpp"
#include "common/os/partial_file.hpp"
#include "common/os/random_access.hpp"

namespace signalbox::artifact {
namespace {

namespace fs = std::filesystem;

Status make_folder(const std::string& path) {
    std::error_code failure;
    fs::create_directories(path, failure);
    if (!failure) return {};
    return Error{Code::unavailable, fmt::format("making the folder '{}': {}", path, failure.message()),
                 "Check that the controller's user may write there and that the disk has room"};
}

bool exists(const std::string& path) {
    std::error_code failure;
    return fs::is_regular_file(path, failure);
}

Error disk_full(Error error) {
    if (error.code() != Code::resource_exhausted) return error;
    return std::move(error).with_remedy(
        "Make room on the controller's disk, then push again: it goes on where it was");
}

Error no_upload(const crypto::Digest& sha256) {
    return {Code::not_found, fmt::format("no upload of sha256:{} has begun", sha256.hex()),
            "Push it again from the start: signalbox artifact push FILE"};
}

Result<crypto::Digest> hash(int fd) {
    crypto::Sha256 sum;
    std::vector<std::uint8_t> buffer(1 << 20);
    for (std::uint64_t offset = 0;;) {
        SB_TRY(const std::size_t got, os::read_at(fd, offset, buffer));
        if (got == 0) return sum.finish();
        sum.update(ByteView(buffer.data(), got));
        offset += got;
    }
}

}  // namespace

Result<BlobStore> BlobStore::open(std::string directory, BlobStoreOptions options) {
    SB_CHECK(make_folder(directory + "/sha256"));
    SB_CHECK(make_folder(directory + "/partial"));
    return BlobStore(std::move(directory), options);
}

std::string BlobStore::final_path(const crypto::Digest& sha256) const {
    const std::string hex = sha256.hex();
    return fmt::format("{}/sha256/{}/{}", directory_, hex.substr(0, 2), hex);
}
std::string BlobStore::partial_path(const crypto::Digest& sha256) const {
    return fmt::format("{}/partial/{}", directory_, sha256.hex());
}

bool BlobStore::holds(const crypto::Digest& sha256) const {
    return exists(final_path(sha256));
}

Result<std::optional<Announced>> BlobStore::announced(const crypto::Digest& sha256) const {
    const std::string path = partial_path(sha256) + ".json";
    if (!exists(path)) return std::optional<Announced>{};
    SB_TRY(const std::string text, os::read_file(path, 4096));
    SB_TRY(const auto document, json::parse(text).with_context(path));
    SB_TRY(auto reader, json::ObjectReader::open(document));
    Announced out;
    SB_TRY(const std::int64_t size, reader.integer("size"));
    out.size = static_cast<std::uint64_t>(size);
    SB_TRY(out.format, reader.string("format"));
    SB_CHECK(reader.finish());
    return std::optional(out);
}

Result<std::uint64_t> BlobStore::begin(const crypto::Digest& sha256, const Announced& wanted) {
    SB_CHECK(check_format(wanted.format));
    if (wanted.size == 0 || wanted.size > kMaxArtifactBytes) {
        return Error{Code::invalid_argument, fmt::format("an artifact of {} bytes is not taken", wanted.size),
                     fmt::format("Push 1 byte to {} GiB", kMaxArtifactBytes >> 30)};
    }
    const std::lock_guard lock(mutex_);
    SB_TRY(const auto before, announced(sha256));
    if (checking_.contains(sha256)) return wanted.size;
    if (before && !(*before == wanted)) {
        return Error{Code::conflict,
                     fmt::format("an upload of sha256:{} has begun as {} bytes of {}", sha256.hex(),
                                 before->size, before->format),
                     "Push the same file with the same --format; one digest has one size"};
    }
    const std::string text = json::canonical({{"size", wanted.size}, {"format", wanted.format}});
    if (!before) SB_CHECK(os::write_file_atomically(partial_path(sha256) + ".json", text));
    if (holds(sha256)) return wanted.size;

    SB_TRY(const auto file, os::PartialFile::open(partial_path(sha256)));
    SB_TRY(const std::uint64_t have, file.size());
    SB_TRY(const std::uint64_t room, os::free_space(directory_));
    if (wanted.size - std::min(wanted.size, have) + options_.reserved_bytes > room) {
        if (have == 0) remove_partial(sha256);
        return Error{
            Code::resource_exhausted,
            fmt::format("no room for {} MiB on the controller: {} MiB are free and {} MiB stay reserved",
                        wanted.size >> 20, room >> 20, options_.reserved_bytes >> 20),
            "Make room on the controller's disk, then push again"};
    }
    return have;
}

Result<std::uint64_t> BlobStore::put(const crypto::Digest& sha256, std::uint64_t offset, ByteView bytes) {
    if (bytes.size() > kMaxChunkBytes) {
        return Error{Code::invalid_argument, fmt::format("a chunk of {} bytes", bytes.size()),
                     fmt::format("Send at most {} bytes at once", kMaxChunkBytes)};
    }
    const std::lock_guard lock(mutex_);
    SB_TRY(const auto expected, announced(sha256));
    if (!expected) return no_upload(sha256);
    if (checking_.contains(sha256) || holds(sha256)) return expected->size;
    SB_TRY(auto file, os::PartialFile::open(partial_path(sha256)));
    SB_TRY(const std::uint64_t have, file.size());
    if (offset > have || bytes.size() > expected->size || offset > expected->size - bytes.size()) {
        return Error{Code::invalid_argument,
                     fmt::format("{} bytes at {} do not fit: {} of {} are there", bytes.size(), offset, have,
                                 expected->size),
                     "Go on at the offset that the last answer gave"};
    }
    if (offset + bytes.size() <= have) return have;
    const ByteView fresh = bytes.subspan(have - offset);
    if (auto written = file.write_at(have, fresh); !written) {
        // A short write must not count as bytes that are there.
        (void)file.truncate(have).ok();
        return disk_full(std::move(written).error());
    }
    return have + fresh.size();
}

Status BlobStore::verify(const crypto::Digest& sha256, const Announced& expected) const {
    const std::string path = holds(sha256) ? final_path(sha256) : partial_path(sha256);
    SB_TRY(const auto fd, os::open_for_reading(path));
    SB_TRY(const crypto::Digest found, hash(fd.get()));
    if (found != sha256) {
        return Error{
            Code::data_loss,
            fmt::format("the bytes that came are sha256:{}, not sha256:{}", found.hex(), sha256.hex()),
            "The file changed while it was sent, or the digest is another file's: push it again"};
    }
    return check_archive(fd.get(), expected.format)
        .with_context(fmt::format("artifact sha256:{}", sha256.hex()));
}

Result<Announced> BlobStore::finish(const crypto::Digest& sha256) {
    std::optional<Announced> expected;
    {
        const std::lock_guard lock(mutex_);
        SB_TRY(expected, announced(sha256));
        if (!expected) return no_upload(sha256);
        std::error_code failure;
        const auto have = fs::file_size(holds(sha256) ? final_path(sha256) : partial_path(sha256), failure);
        if (failure || have != expected->size) {
            return Error{Code::failed_precondition,
                         fmt::format("{} of {} bytes are there", failure ? 0 : have, expected->size),
                         "Send the rest first"};
        }
        if (!checking_.insert(sha256).second) {
            return Error{Code::unavailable, "this artifact is being checked for somebody else",
                         "Ask again in a moment"};
        }
    }
    // Without the lock: it takes as long as reading the file does, and nobody writes to it meanwhile.
    Status verdict = verify(sha256, *expected);
    const std::lock_guard lock(mutex_);
    checking_.erase(sha256);
    if (!verdict) {
        const bool broken = verdict.error().code() != Code::unavailable;
        if (broken && !holds(sha256)) remove_partial(sha256);
        return std::move(verdict).error();
    }
    if (!holds(sha256)) {
        SB_CHECK(make_folder(fs::path(final_path(sha256)).parent_path().string()));
        SB_TRY(auto file, os::PartialFile::open(partial_path(sha256)));
        if (auto published = file.publish(final_path(sha256), 0400); !published) {
            return disk_full(std::move(published).error());
        }
        // The digest's folder may be new: its own name must survive a power cut as well.
        SB_CHECK(os::sync_directory(directory_ + "/sha256"));
    }
    remove_partial(sha256);
    return *expected;
}

void BlobStore::discard(const crypto::Digest& sha256) {
    const std::lock_guard lock(mutex_);
    if (!checking_.contains(sha256)) remove_partial(sha256);
}

void BlobStore::remove_partial(const crypto::Digest& sha256) const {
    std::error_code failure;  // what stays is found by the next upload, or by a person
    fs::remove(partial_path(sha256), failure);
    fs::remove(partial_path(sha256) + ".json", failure);
}

}  // namespace signalbox::artifact
