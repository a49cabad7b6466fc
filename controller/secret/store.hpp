// SPDX-License-Identifier: Apache-2.0
// SecretStore: where the versions of secrets are kept, each sealed to the controller's sealing key. A version
// is never used again, also after it was removed. Every change commits together with its ledger entry, or not
// at all. Called on the domain strand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"

namespace signalbox::ledger {
struct PendingEntry;
}

namespace signalbox::secret {

struct StoredSecret {
    std::string environment, name;
    std::int64_t version = 1;
    crypto::Digest commitment;
    Bytes sealed;  // empty once it is removed
    Instant created{};
    std::string created_by;
    std::optional<Instant> removed;
};

class SecretStore {
  public:
    virtual ~SecretStore() = default;
    // Errors: conflict (the version is there), unavailable.
    [[nodiscard]] virtual Status add(const StoredSecret& secret, const ledger::PendingEntry& entry) = 0;
    // Errors: unavailable.
    [[nodiscard]] virtual Result<std::optional<StoredSecret>> find(const std::string& environment,
                                                                   const std::string& name,
                                                                   std::int64_t version) const = 0;
    // By environment, name and version, removed ones too, without what is sealed. Errors: unavailable.
    [[nodiscard]] virtual Result<std::vector<StoredSecret>> list() const = 0;
    // Wipes the sealed value. Errors: not_found (not there, or removed), unavailable.
    [[nodiscard]] virtual Status remove(const StoredSecret& secret, Instant when,
                                        const ledger::PendingEntry& entry) = 0;
};

}  // namespace signalbox::secret
