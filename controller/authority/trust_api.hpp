// SPDX-License-Identifier: Apache-2.0
// TrustService of the operator API: reads and publishes trust files. On the domain strand.
#pragma once

#include "common/base/result.hpp"
#include "controller/access/caller.hpp"
#include "controller/authority/authority.hpp"
#include "controller/authority/token_keys.hpp"
#include "controller/ledger/ledger.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::authority {

class TrustApi {
  public:
    // All must outlive it.
    TrustApi(Authority& authority, ledger::Ledger& ledger, TokenKeys& token_keys, TokenKeys& ledger_keys,
             const Clock& clock)
        : authority_(authority),
          ledger_(ledger),
          token_keys_(token_keys),
          ledger_keys_(ledger_keys),
          clock_(clock) {}

    [[nodiscard]] Result<v1::GetTrustResponse> get(const access::Caller& caller,
                                                   const v1::GetTrustRequest& request) const;
    [[nodiscard]] Result<v1::PublishTrustResponse> publish(const access::Caller& caller,
                                                           const v1::PublishTrustRequest& request);

    [[nodiscard]] Result<v1::GetTrustHistoryResponse> history(
        const access::Caller& caller, const v1::GetTrustHistoryRequest& request) const;
    [[nodiscard]] Result<v1::ListTokenKeysResponse> list_token_keys(
        const access::Caller& caller, const v1::ListTokenKeysRequest& request) const;
    [[nodiscard]] Result<v1::PrepareTokenKeyResponse> prepare_token_key(
        const access::Caller& caller, const v1::PrepareTokenKeyRequest& request);

  private:
    // Errors: invalid_argument (another role).
    [[nodiscard]] Result<TokenKeys*> keys_of(const std::string& role) const;

    Authority& authority_;
    ledger::Ledger& ledger_;
    TokenKeys& token_keys_;
    TokenKeys& ledger_keys_;
    const Clock& clock_;
};

}  // namespace signalbox::authority
