// SPDX-License-Identifier: Apache-2.0
// An artifact statement: whoever builds a service says, with a key of the role artifact/<environment>, which
// bytes are which version of it. Pure. Format: docs/formats/standing-approval.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/model/ids.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::trust {

inline constexpr std::string_view kArtifactPredicate = "https://signalbox.dev/artifact/v1";
inline constexpr std::size_t kMaxArtifactStatementBytes = 16 * 1024;

struct ArtifactStatement {
    ClusterId cluster_id;
    std::string service;
    std::string version;  // as in the release's manifest
    crypto::Digest sha256;
    std::int64_t size = 0;  // bytes
    std::string format;     // tar tar.gz tar.zst
};

// The canonical statement: the bytes that are signed.
[[nodiscard]] std::string serialize(const ArtifactStatement& statement);
[[nodiscard]] Result<ArtifactStatement> parse_artifact_statement(std::string_view payload);

// Signed by the threshold of distinct keys of the role artifact/<environment>; this cluster. Errors: refused
// ("R_APPROVAL: …"), invalid_argument, resource_exhausted.
[[nodiscard]] Result<ArtifactStatement> verify_artifact_statement(const TrustFile& trust,
                                                                  std::string_view environment,
                                                                  std::string_view dsse_text);

}  // namespace signalbox::trust
