// SPDX-License-Identifier: Apache-2.0
#include "controller/app/secrets_key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace signalbox::app {

Status check_secrets_key(const std::string& keys, const secret::SecretStore& store) {
    const std::string path = keys + "/secrets.key";
    std::error_code failure;
    if (std::filesystem::symlink_status(path, failure).type() != std::filesystem::file_type::not_found)
        return {};
    SB_TRY(const auto secrets, store.list());
    const auto kept = std::count_if(secrets.begin(), secrets.end(),
                                    [](const secret::StoredSecret& secret) { return !secret.removed; });
    if (kept == 0) return {};
    return Error(Code::data_loss,
                 fmt::format("{} is missing, and {} version{} of secrets {} sealed to it", path, kept,
                             kept == 1 ? "" : "s", kept == 1 ? "is" : "are"),
                 fmt::format("put {} back from a backup (docs/operating.md); no other was made", path));
}

}  // namespace signalbox::app
