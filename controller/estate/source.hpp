// SPDX-License-Identifier: Apache-2.0
// Where the estate is read from, and the port that remembers it. Called on the domain strand only.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "controller/estate/server_trust.hpp"

namespace signalbox::ledger {
struct PendingEntry;
}

namespace signalbox::estate {

struct Source {
    std::string url;  // local path, https://… or ssh://… (git@host:path)
    std::string ref = "main";
    ServerTrust trust{};  // of the URL's server
    friend bool operator==(const Source&, const Source&) = default;
};

class SourceStore {
  public:
    virtual ~SourceStore() = default;
    // Nothing when none was ever set. Errors: unavailable, data_loss.
    [[nodiscard]] virtual Result<std::optional<Source>> load() const = 0;
    // Replaces it, together with the ledger entry that tells of it. Errors: unavailable, resource_exhausted.
    [[nodiscard]] virtual Status save(const Source& source, const ledger::PendingEntry& entry) = 0;
};

}  // namespace signalbox::estate
