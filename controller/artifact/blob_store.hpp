// SPDX-License-Identifier: Apache-2.0
// The bytes of artifacts, by digest: DIR/sha256/ab/<hex>, and unfinished uploads in DIR/partial. A blob that
// is there is whole, was hashed, and its archive was checked; it appears by one rename and never changes.
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "controller/artifact/archive_check.hpp"

namespace signalbox::artifact {

inline constexpr std::uint64_t kMaxArtifactBytes = 16ULL << 30;
inline constexpr std::size_t kMaxChunkBytes = 1 << 20;

struct BlobStoreOptions {
    std::uint64_t reserved_bytes = 256ULL << 20;  // kept free on the disk for the ledger and the store
};

// What an upload announced, kept beside its bytes so that it can go on after a restart.
struct Announced {
    std::uint64_t size = 0;
    std::string format;
    friend bool operator==(const Announced&, const Announced&) = default;
};

class BlobStore {
  public:
    // Makes the folders. Errors: the file system's.
    [[nodiscard]] static Result<BlobStore> open(std::string directory, BlobStoreOptions options = {});
    BlobStore(BlobStore&& other) noexcept
        : directory_(std::move(other.directory_)), options_(other.options_) {}

    [[nodiscard]] const std::string& directory() const { return directory_; }
    [[nodiscard]] bool holds(const crypto::Digest& sha256) const;

    // Starts an upload, or goes on with one of the same digest by whomever; how many bytes are there already.
    // Errors: invalid_argument (format, size), conflict (another size or format was announced),
    // resource_exhausted (no room on the disk).
    [[nodiscard]] Result<std::uint64_t> begin(const crypto::Digest& sha256, const Announced& announced);
    // Adds bytes at an offset not beyond what is there; bytes that are there are not written again. How many
    // there are now. Errors: not_found (no upload), invalid_argument (gap, too many bytes),
    // resource_exhausted.
    [[nodiscard]] Result<std::uint64_t> put(const crypto::Digest& sha256, std::uint64_t offset,
                                            ByteView bytes);
    // Checks size, digest and archive, and makes it visible. May take as long as reading it does. An upload
    // that fails the check is removed. When the blob is there already, it says what was announced, or else
    // fails. Errors: not_found (no upload), failed_precondition (bytes are missing), data_loss (digest),
    // check_archive's.
    [[nodiscard]] Result<Announced> finish(const crypto::Digest& sha256);
    // Forgets an unfinished upload.
    void discard(const crypto::Digest& sha256);

  private:
    BlobStore(std::string directory, BlobStoreOptions options)
        : directory_(std::move(directory)), options_(options) {}

    [[nodiscard]] std::string final_path(const crypto::Digest& sha256) const;
    [[nodiscard]] std::string partial_path(const crypto::Digest& sha256) const;
    [[nodiscard]] Result<std::optional<Announced>> announced(const crypto::Digest& sha256) const;
    [[nodiscard]] Status verify(const crypto::Digest& sha256, const Announced& announced) const;
    void remove_partial(const crypto::Digest& sha256) const;

    std::string directory_;
    BlobStoreOptions options_;
    std::mutex mutex_;
    std::set<crypto::Digest> checking_;  // being verified: nothing may be written to them
};

}  // namespace signalbox::artifact
