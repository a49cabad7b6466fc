// SPDX-License-Identifier: Apache-2.0
// AccessService: who holds which API key. A key is "sbk_<12 hex id>_<43 base64url secret>"; it is shown once
// and only the SHA-256 of its secret is kept. Every change is a ledger entry. Lives on the domain strand.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/crypto/random.hpp"
#include "controller/access/store.hpp"
#include "controller/ledger/ledger.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::access {

class AccessService {
  public:
    // All must outlive the service.
    AccessService(AccessStore& store, ledger::Ledger& ledger, crypto::Random& random, const Clock& clock);

    // Takes the first administrator's key from bootstrap.json when no key was ever stored, and the file away:
    // from then on there must be a store. Later calls take no key. Errors: not_found (no key and no file),
    // invalid_argument (the file), the file system's, the store's.
    [[nodiscard]] Status import_bootstrap(const std::string& path);

    // The same answer, in the same time, for a key that is malformed, unknown, wrong or revoked.
    // Errors: unauthenticated, unavailable.
    [[nodiscard]] Result<Caller> authenticate(std::string_view api_key) const;

    [[nodiscard]] Result<v1::WhoAmIResponse> who_am_i(const Caller& caller, const v1::WhoAmIRequest&) const;
    // The approver key need not be in the trust file yet: people get their API key first.
    // Errors: invalid_argument (name, roles, form of the approver's key id), already_exists (name).
    [[nodiscard]] Result<v1::CreateApiKeyResponse> create(const Caller& caller,
                                                          const v1::CreateApiKeyRequest& request);
    [[nodiscard]] Result<v1::ListApiKeysResponse> list(const Caller& caller,
                                                       const v1::ListApiKeysRequest& request) const;
    // Errors: not_found, failed_precondition (revoked already, or the last administrator).
    [[nodiscard]] Result<v1::RevokeApiKeyResponse> revoke(const Caller& caller,
                                                          const v1::RevokeApiKeyRequest& request);

  private:
    AccessStore& store_;
    ledger::Ledger& ledger_;
    crypto::Random& random_;
    const Clock& clock_;
};

}  // namespace signalbox::access
