// SPDX-License-Identifier: Apache-2.0
// Writes the ledger to one JSON-lines file: a header with the checkpoint, then every entry in order. Format:
// docs/formats/ledger-export.md.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/result.hpp"
#include "controller/cli/api_port.hpp"

namespace signalbox::cli {

struct Exported {
    std::uint64_t size = 0;
    std::string checkpoint;
};

// The first entries, up to the size of the newest checkpoint, which is fetched first. The file appears whole
// under its name, and never over another. Errors: already_exists; data_loss (the controller left an entry
// out).
[[nodiscard]] Result<Exported> export_ledger(
    ApiPort& api, const std::string& cluster_id, const std::string& path,
    const std::function<void(std::uint64_t done, std::uint64_t total)>& on_progress);

}  // namespace signalbox::cli
