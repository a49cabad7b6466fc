// SPDX-License-Identifier: Apache-2.0
// AccessStore: where API keys are kept. A key's secret is never stored, only the SHA-256 of its text. Every
// change commits together with the ledger entry that tells of it, or not at all. Called on the domain strand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "controller/access/caller.hpp"

namespace signalbox::ledger {
struct PendingEntry;
}

namespace signalbox::access {

struct ApiKey {
    std::string id;  // 12 lower-case hex digits, chosen at random, never used again
    std::string name;
    Roles roles;
    crypto::Digest secret_sha256;  // of the secret's 43 characters as text
    Instant created{};
    std::optional<Instant> revoked;
    std::string approver_kid;  // k4.pid or empty
};

class AccessStore {
  public:
    virtual ~AccessStore() = default;

    // Errors: already_exists (the id was ever used, or a key that is not revoked has this name), unavailable.
    [[nodiscard]] virtual Status add(const ApiKey& key, const ledger::PendingEntry& entry) = 0;
    // Revoked keys too. Errors: unavailable.
    [[nodiscard]] virtual Result<std::optional<ApiKey>> find(const std::string& id) const = 0;
    // In the order of creation, revoked ones too. Errors: unavailable.
    [[nodiscard]] virtual Result<std::vector<ApiKey>> list() const = 0;
    // Errors: not_found, failed_precondition (already revoked), unavailable.
    [[nodiscard]] virtual Status revoke(const std::string& id, Instant when,
                                        const ledger::PendingEntry& entry) = 0;
};

}  // namespace signalbox::access
