// SPDX-License-Identifier: Apache-2.0
// LedgerService: pages of entries as they are, and the newest signed checkpoint. On the domain strand.
#pragma once

#include "common/base/result.hpp"
#include "controller/access/caller.hpp"
#include "controller/ledger/ledger.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::api {

class LedgerApi {
  public:
    // The ledger must outlive it.
    explicit LedgerApi(ledger::Ledger& ledger) : ledger_(ledger) {}

    // Signs one first when entries wait for it: what was answered to anybody is covered by what is shown
    // here.
    [[nodiscard]] Result<v1::GetCheckpointResponse> get_checkpoint(const access::Caller& caller,
                                                                   const v1::GetCheckpointRequest& request);
    // Ascending: from index `from` on. Newest first: below index `from`, or from the end when it is 0.
    // A page ends early at 1.5 MiB, so that it always fits into one answer.
    [[nodiscard]] Result<v1::ListEntriesResponse> list_entries(const access::Caller& caller,
                                                               const v1::ListEntriesRequest& request);

  private:
    ledger::Ledger& ledger_;
};

}  // namespace signalbox::api
