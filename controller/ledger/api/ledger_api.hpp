// SPDX-License-Identifier: Apache-2.0
// LedgerService of the operator API: the newest checkpoint, entries by their index, and proofs. On the domain
// strand.
#pragma once

#include <functional>

#include "common/base/result.hpp"
#include "controller/access/caller.hpp"
#include "controller/ledger/ledger.hpp"
#include "controller/ledger/publisher.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::ledger {

class LedgerApi {
  public:
    static constexpr std::size_t kMaxEntries = 1000;
    static constexpr int kMaxProofs = 100;
    // An answer is cut after the entry that passes this; the caller goes on from there.
    static constexpr std::size_t kMaxBytes = 2 << 20;

    // Both must outlive it and every reply that is due.
    LedgerApi(Ledger& ledger, Publisher& publisher) : ledger_(ledger), publisher_(publisher) {}

    // Covers everything that was appended before the call; with the witnesses' cosignatures, if they answer
    // in time.
    void get_checkpoint(const access::Caller& caller, const v1::GetCheckpointRequest& request,
                        std::function<void(Result<v1::GetCheckpointResponse>)> reply);
    // Ascending from index `from`; or newest first: from the end, or below index `from` when it is not 0.
    [[nodiscard]] Result<v1::ListEntriesResponse> list_entries(const access::Caller& caller,
                                                               const v1::ListEntriesRequest& request);
    // Against a checkpoint like get_checkpoint's. Errors: not_found (no
    // such entry), invalid_argument (too many, or a tree larger than the ledger).
    void prove(const access::Caller& caller, const v1::ProveRequest& request,
               std::function<void(Result<v1::ProveResponse>)> reply);

  private:
    [[nodiscard]] Result<v1::ProveResponse> prove_by(const SignedCheckpoint& checkpoint,
                                                     const v1::ProveRequest& request);

    Ledger& ledger_;
    Publisher& publisher_;
};

}  // namespace signalbox::ledger
