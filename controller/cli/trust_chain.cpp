// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/trust_chain.hpp"

#include <fmt/format.h>

#include "common/crypto/digest.hpp"
#include "controller/cli/file.hpp"

namespace signalbox::cli {

Result<trust::TrustFile> read_trust_chain(const std::vector<std::string>& paths,
                                          const std::string& pinned_sha256) {
    SB_TRY(auto versions, read_trust_versions(paths, pinned_sha256));
    return std::move(versions.back());
}

Result<std::vector<trust::TrustFile>> read_trust_versions(const std::vector<std::string>& paths,
                                                          const std::string& pinned_sha256) {
    if (paths.empty()) return Error(Code::invalid_argument, "no trust file given", "--trust FILE");
    std::vector<trust::TrustFile> versions;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        SB_TRY(const std::string text, read_file(paths[i], trust::kMaxTrustBytes));
        if (i == 0 && !pinned_sha256.empty() && crypto::sha256(text).hex() != pinned_sha256) {
            return Error(Code::refused,
                         fmt::format("{} has SHA-256 {}, not the one that you pinned", paths[i],
                                     crypto::sha256(text).hex()),
                         "get the right file; the pinned digest is printed by signalbox init");
        }
        auto next = i == 0 ? trust::verify_initial(text) : trust::verify_update(versions.back(), text);
        if (!next) return std::move(next).error().with_context(paths[i]);
        versions.push_back(*std::move(next));
    }
    return versions;
}

}  // namespace signalbox::cli
