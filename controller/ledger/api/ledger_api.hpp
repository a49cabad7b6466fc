// SPDX-License-Identifier: Apache-2.0
// LedgerService of the operator API: the newest checkpoint, and entries by their index. On the domain strand.
#pragma once

#include "common/base/result.hpp"
#include "controller/access/caller.hpp"
#include "controller/ledger/ledger.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::ledger {

class LedgerApi {
  public:
    static constexpr std::size_t kMaxEntries = 1000;
    // An answer is cut after the entry that passes this; the caller goes on from there.
    static constexpr std::size_t kMaxBytes = 2 << 20;

    // The ledger must outlive it.
    explicit LedgerApi(Ledger& ledger) : ledger_(ledger) {}

    // Covers everything that was appended before the call.
    [[nodiscard]] Result<v1::GetCheckpointResponse> get_checkpoint(const access::Caller& caller,
                                                                   const v1::GetCheckpointRequest& request);
    // Ascending from index `from`; or newest first: from the end, or below index `from` when it is not 0.
    [[nodiscard]] Result<v1::ListEntriesResponse> list_entries(const access::Caller& caller,
                                                               const v1::ListEntriesRequest& request);

  private:
    Ledger& ledger_;
};

}  // namespace signalbox::ledger
