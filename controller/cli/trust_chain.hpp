// SPDX-License-Identifier: Apache-2.0
// A trust file as a stranger reads it: from DSSE texts on disk, each verified before the next is believed.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::cli {

// A chain of trust files, the oldest first: that one must be signed by its own root keys, each
// later one by the rules of TUF 5.3. With `pinned_sha256` (64 hex digits) the first file must have this
// SHA-256: then nothing rests on where the file came from. Errors: refused, naming the file; those of
// reading.
[[nodiscard]] Result<std::vector<trust::TrustFile>> read_trust_versions(const std::vector<std::string>& paths,
                                                                        const std::string& pinned_sha256);
// The last of them.
[[nodiscard]] Result<trust::TrustFile> read_trust_chain(const std::vector<std::string>& paths,
                                                        const std::string& pinned_sha256);

}  // namespace signalbox::cli
