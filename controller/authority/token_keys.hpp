// SPDX-License-Identifier: Apache-2.0
// The token keys (and, likewise, the ledger keys) that this controller holds, and which of them it signs
// with. A key is used when the trust file has listed it for a day, so that hosts which were away for a while
// know it before they meet it. Keys live in DATA/keys: token.key, and token-<n>.key of rotations. On the
// domain strand. ADR 0018.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::authority {

inline constexpr Duration kPublishedBeforeUse = std::chrono::hours(24);

// Of keys that are held and listed: the one listed last among those listed for long enough; when there is
// none, the one listed longest, for hosts take no other (a new cluster; a key that had to go at once).
// Nothing when none is listed. `listed`: since when without a break. Pure.
[[nodiscard]] std::optional<crypto::KeyId> choose_token_key(const std::map<crypto::KeyId, Instant>& listed,
                                                            Instant now);

class TokenKeys {
  public:
    // Reads token.key and every token-<n>.key of a directory that nobody else may enter. Errors: not_found,
    // permission_denied (which file, and the command that mends it), invalid_argument.
    // The same for ledger keys, with `role` "ledger".
    [[nodiscard]] static Result<TokenKeys> load(const std::string& directory,
                                                const std::string& role = "token");

    // Which of our keys the file in force lists, and since when; after each publication.
    void set_listed(const trust::TrustFile& current, const std::map<crypto::KeyId, Instant>& since);
    // Stays where it is for as long as these keys live. The one to sign with now; the last one when none may
    // be used (hosts refuse it then, and say so).
    [[nodiscard]] const crypto::SigningKey& at(Instant now) const;

    // The oldest one that this trust file lists; the last one when it lists none.
    [[nodiscard]] const crypto::SigningKey& first_listed(const trust::TrustFile& trust) const;
    // The others that the file in force lists.
    [[nodiscard]] std::vector<const crypto::SigningKey*> listed_besides(const crypto::KeyId& id) const;
    [[nodiscard]] const std::string& role() const { return role_; }

    // A key that is not listed yet: the one that waits for it, or a new one, durably stored.
    [[nodiscard]] Result<crypto::PublicKey> prepare_next();

    struct Held {
        crypto::PublicKey key;
        std::string file;               // its name in DATA/keys
        std::optional<Instant> listed;  // since when
        bool in_use = false;
    };
    [[nodiscard]] std::vector<Held> held(Instant now) const;

  private:
    struct Key {
        std::string file;
        crypto::SigningKey key;
    };
    TokenKeys(std::string directory, std::string role)
        : directory_(std::move(directory)), role_(std::move(role)) {}

    std::string directory_;
    std::string role_;
    std::deque<Key> keys_;  // in the order of their files: the oldest first
    std::map<crypto::KeyId, Instant> listed_;
};

}  // namespace signalbox::authority
