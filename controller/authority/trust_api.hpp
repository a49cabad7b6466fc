// SPDX-License-Identifier: Apache-2.0
// TrustService of the operator API: reads and publishes trust files. On the domain strand.
#pragma once

#include "common/base/result.hpp"
#include "controller/access/caller.hpp"
#include "controller/authority/authority.hpp"
#include "controller/ledger/ledger.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::authority {

class TrustApi {
  public:
    // Both must outlive it.
    TrustApi(Authority& authority, ledger::Ledger& ledger) : authority_(authority), ledger_(ledger) {}

    [[nodiscard]] Result<v1::GetTrustResponse> get(const access::Caller& caller,
                                                   const v1::GetTrustRequest& request) const;
    [[nodiscard]] Result<v1::PublishTrustResponse> publish(const access::Caller& caller,
                                                           const v1::PublishTrustRequest& request);

  private:
    Authority& authority_;
    ledger::Ledger& ledger_;
};

}  // namespace signalbox::authority
