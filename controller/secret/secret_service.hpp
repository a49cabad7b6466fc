// SPDX-License-Identifier: Apache-2.0
// SecretService: takes values in, gives names and versions out, and seals a value for the one host whose step
// names it. Nothing here prints or returns a value. Lives on the domain strand.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "common/base/time.hpp"
#include "common/crypto/random.hpp"
#include "common/crypto/sealed_box.hpp"
#include "common/secret/secret.hpp"
#include "controller/access/caller.hpp"
#include "controller/ledger/ledger.hpp"
#include "controller/release/dispatch/secrets_port.hpp"
#include "controller/secret/store.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::secret {

class SecretService final : public dispatch::SecretsPort {
  public:
    // All must outlive the service.
    SecretService(SecretStore& store, const crypto::SealingKey& key, ledger::Ledger& ledger,
                  crypto::Random& random, const Clock& clock)
        : store_(store), key_(key), ledger_(ledger), random_(random), clock_(clock) {}

    // A new version. Errors: invalid_argument (names, length).
    [[nodiscard]] Result<v1::SetSecretResponse> set(const access::Caller& caller,
                                                    const v1::SetSecretRequest& request);
    [[nodiscard]] Result<v1::ListSecretsResponse> list(const access::Caller& caller,
                                                       const v1::ListSecretsRequest& request) const;
    // One version, or all of them. Errors: not_found.
    [[nodiscard]] Result<v1::RemoveSecretResponse> remove(const access::Caller& caller,
                                                          const v1::RemoveSecretRequest& request);

    // The newest version of each that has one: what a new plan refers to. Key: environment and name.
    [[nodiscard]] Result<std::map<std::pair<std::string, std::string>, Reference>> newest() const;
    Result<Sealed> seal(const std::string& environment, const References& references,
                        const crypto::SealingPublic& to) override;

  private:
    SecretStore& store_;
    const crypto::SealingKey& key_;
    ledger::Ledger& ledger_;
    crypto::Random& random_;
    const Clock& clock_;
};

}  // namespace signalbox::secret
