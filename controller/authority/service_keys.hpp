// SPDX-License-Identifier: Apache-2.0
// The keys that the controller signs with, tokens and the ledger, and the one that it opens secrets with.
// Read once at the start.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/crypto/keys.hpp"
#include "common/crypto/sealed_box.hpp"
#include "common/trust/trust_file.hpp"
#include "controller/authority/token_keys.hpp"

namespace signalbox::authority {

struct ServiceKeys {
    TokenKeys token;
    TokenKeys ledger;
    crypto::SealingKey secrets;  // what secrets are sealed to while they wait here
};

// Reads the token keys and the ledger keys from DATA/keys, a directory that nobody else may enter;
// secrets.key is made when it is not there. Errors: not_found, permission_denied (which file, and the command
// that mends it), invalid_argument.
[[nodiscard]] Result<ServiceKeys> load_service_keys(const std::string& directory);

// Hosts would refuse every token, and auditors every entry, of keys that the trust file does not list.
// Errors: failed_precondition, naming the key.
[[nodiscard]] Status check_listed(const ServiceKeys& keys, const trust::TrustFile& trust);

}  // namespace signalbox::authority
