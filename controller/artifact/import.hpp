// SPDX-License-Identifier: Apache-2.0
// Artifacts that the controller gets by itself. Both may take minutes: side strand only.
#pragma once

#include <string>

#include "controller/artifact/blob_store.hpp"
#include "controller/artifact/fetcher.hpp"
#include "controller/estate/git_repository.hpp"
#include "controller/estate/rules.hpp"

namespace signalbox::artifact {

// The tar of git:<repository>#<commit>:<path>. Errors: GitCache's, make_tar's.
[[nodiscard]] Result<std::string> read_git_tar(estate::GitCache& git, const std::string& url);

// Fetches into the blob store; the size. Errors: Fetcher's, BlobStore's; data_loss when the digest is
// another.
[[nodiscard]] Result<std::uint64_t> download(Fetcher& fetcher, BlobStore& blobs, const std::string& url,
                                             const crypto::Digest& sha256, const std::string& format);

}  // namespace signalbox::artifact
