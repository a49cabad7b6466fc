// SPDX-License-Identifier: Apache-2.0
// What is known of an artifact that the controller holds. Values.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"

namespace signalbox::artifact {

struct ArtifactRecord {
    crypto::Digest sha256;
    std::uint64_t size = 0;
    std::string format;  // tar tar.gz tar.zst
    Instant added{};
    std::string source;  // "upload by <name>", an https URL, or git:<repository>#<commit>:<path>
    friend bool operator==(const ArtifactRecord&, const ArtifactRecord&) = default;
};

}  // namespace signalbox::artifact
