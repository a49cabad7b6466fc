// SPDX-License-Identifier: Apache-2.0
// A new cluster: root keys, the controller's data directory, the first trust file and the first
// administrator's credentials. All of it or nothing, and never over anything.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/key_file.hpp"
#include "common/crypto/random.hpp"
#include "common/crypto/secret_bytes.hpp"

namespace signalbox::cli {

inline constexpr int kRootKeys = 3;
inline constexpr int kRootThreshold = 2;

struct BootstrapRequest {
    std::string cluster;           // [a-z0-9-]{1,40}
    std::string data;              // absent or empty
    std::string root_keys;         // absent or empty; not inside data
    std::string credentials_file;  // absent
    std::string url;
    Duration trust_life = std::chrono::hours(24 * 365);
    crypto::PasswordCost cost;
};

struct Bootstrapped {
    std::vector<std::string> root_key_files;
    std::string trust_sha256;  // what hosts pin
    Instant trust_expires{};
};

// Everything that can be refused before anybody is asked for a passphrase. Errors: invalid_argument,
// already_exists (names what is in the way).
[[nodiscard]] Status check_bootstrap(const BootstrapRequest& request);
// cluster.json is written last: without it no controller starts on the folder. On an error all that was made
// is removed again.
[[nodiscard]] Result<Bootstrapped> bootstrap(const BootstrapRequest& request,
                                             const crypto::SecretBytes& passphrase, crypto::Random& random,
                                             Instant now);

}  // namespace signalbox::cli
