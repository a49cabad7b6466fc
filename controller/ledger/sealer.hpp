// SPDX-License-Identifier: Apache-2.0
// Makes ledger entries: signs the controller's own decisions, and gives verified agents' records their leaf.
// Domain strand only.
#pragma once

#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/json/json.hpp"
#include "common/record/record.hpp"
#include "controller/ledger/entry.hpp"

namespace signalbox::ledger {

class Sealer {
  public:
    // The key must outlive the sealer.
    Sealer(ClusterId cluster, const crypto::SigningKey& ledger_key);
    virtual ~Sealer() = default;
    Sealer(const Sealer&) = delete;
    Sealer& operator=(const Sealer&) = delete;

    // The key that decisions are signed with from now on; must outlive the sealer.
    void use_key(const crypto::SigningKey& ledger_key) { ledger_key_ = &ledger_key; }

    // `data` is an object. The kinds and their data: docs/formats/record.md.
    [[nodiscard]] virtual PendingEntry decision(std::string_view kind, json::Json data, Instant now) const;

    // A record whose signature by `record_key` has been verified; `record` is its parsed payload.
    // Errors: invalid_argument (not a DSSE text).
    [[nodiscard]] static Result<PendingEntry> record(std::string envelope, const record::ActionRecord& record,
                                                     const crypto::PublicKey& record_key);

    [[nodiscard]] const ClusterId& cluster() const { return cluster_; }

  private:
    ClusterId cluster_;
    const crypto::SigningKey* ledger_key_;
};

}  // namespace signalbox::ledger
