// SPDX-License-Identifier: Apache-2.0
// Port: the list of artifacts that the controller holds whole. The bytes are in the blob store. Called on the
// domain strand only.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "controller/artifact/record.hpp"

namespace signalbox::artifact {

class ArtifactIndex {
  public:
    virtual ~ArtifactIndex() = default;

    // Adds it. When the digest is there already, nothing changes and that is no error: the first record
    // stays. Errors: unavailable, resource_exhausted (disk full), data_loss.
    [[nodiscard]] virtual Status add(const ArtifactRecord& record) = 0;
    [[nodiscard]] virtual Result<std::optional<ArtifactRecord>> find(const crypto::Digest& sha256) const = 0;
    // The newest record with exactly this source.
    [[nodiscard]] virtual Result<std::optional<ArtifactRecord>> find_source(
        std::string_view source) const = 0;
    // Newest first, equal times by digest; at most `limit`.
    [[nodiscard]] virtual Result<std::vector<ArtifactRecord>> list(std::size_t limit) const = 0;
};

}  // namespace signalbox::artifact
