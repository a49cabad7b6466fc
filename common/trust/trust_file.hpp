// SPDX-License-Identifier: Apache-2.0
// The trust file: which keys count for what. Parsing, self-verification and update by the rules of TUF 5.3.
// Pure. Format: docs/formats/trust-file.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/dsse/dsse.hpp"
#include "common/model/ids.hpp"

namespace signalbox::trust {

inline constexpr std::string_view kTrustPayloadType = "application/vnd.signalbox.trust.v1+json";
inline constexpr std::size_t kMaxTrustBytes = 512 * 1024;

struct TrustedKey {
    crypto::PublicKey key;
    std::string label;  // who or what holds it; approver keys with the same label are one person's
};

struct Role {
    std::set<crypto::KeyId> keyids;
    int threshold = 1;
};

// The most that skew_s may say: the controller takes a token for dead twice this after its end.
inline constexpr std::chrono::seconds kMaxSkew{30};

struct TrustLimits {
    std::int64_t max_token_ttl_s = 600;
    std::int64_t skew_s = 30;
    std::int64_t max_window_s = 259'200;
};

struct TrustFile {
    ClusterId cluster_id;
    std::int64_t version = 1;
    Instant expires{};
    std::map<crypto::KeyId, TrustedKey> keys;
    std::map<std::string, Role>
        roles;  // root, token, ledger, witness, approve/<environment>/<role>, artifact/<environment>
    TrustLimits limits;

    // The key when it is listed and holds this role, otherwise nullptr.
    [[nodiscard]] const crypto::PublicKey* key_in_role(std::string_view role, const crypto::KeyId& id) const;
    // approve/<environment>/… by role name; empty means that nothing may be approved for it.
    [[nodiscard]] std::map<std::string, Role> approval_roles(std::string_view environment) const;
};

// Canonical payload text.
[[nodiscard]] std::string serialize(const TrustFile& file);
// Strict. Every key's id must be its own k4.pid; every role's key must be listed; no role needs more keys
// than it has; root, token and ledger are there, and token or ledger keys hold no role of people (root,
// approve/…, artifact/…).
[[nodiscard]] Result<TrustFile> parse_payload(std::string_view payload);

// Verifies the DSSE text of a first trust file: signed by a threshold of its own root role; one signature per
// key counts. Expiry is not checked here. Errors: refused, invalid_argument, resource_exhausted.
[[nodiscard]] Result<TrustFile> verify_initial(std::string_view dsse_text);
// TUF 5.3: version is current+1, same cluster, threshold of the old and of the new root. Errors: refused.
[[nodiscard]] Result<TrustFile> verify_update(const TrustFile& current, std::string_view dsse_text);

}  // namespace signalbox::trust
