// SPDX-License-Identifier: Apache-2.0
// What a witness keeps, in a folder of its own: its name and key, a small certificate authority for its TLS,
// the last checkpoint that it cosigned of each log, and suspicious requests as evidence.
//   name, witness.key, ca.crt, ca.key, seen/<SHA-256 of the origin>, suspicious/<SHA-256 of the request>
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/crypto/random.hpp"
#include "common/merkle/checkpoint.hpp"
#include "common/os/lock_file.hpp"

namespace signalbox::witness {

class State {
  public:
    // Makes the folder, which must not be there or be empty. Errors: invalid_argument (the name),
    // already_exists, the disk's.
    [[nodiscard]] static Status create(const std::string& folder, const std::string& name, Instant now,
                                       crypto::Random& random);
    // One process at a time. Errors: not_found, permission_denied, conflict (another one runs).
    [[nodiscard]] static Result<State> open(const std::string& folder);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const crypto::SigningKey& key() const { return key_; }
    [[nodiscard]] std::string ca_path() const { return folder_ + "/ca.crt"; }
    [[nodiscard]] std::string ca_key_path() const { return folder_ + "/ca.key"; }

    // The note that was cosigned last, with our own line, which must verify: a file that was bent is an
    // error, not a fresh start. Errors: data_loss.
    [[nodiscard]] Result<std::optional<merkle::Checkpoint>> seen(const std::string& origin) const;
    // Durable when it returns. `note`: the text and our line.
    [[nodiscard]] Status remember(const std::string& origin, std::string_view note) const;
    // Where it is kept. At most 100 are: then the first ones stand.
    [[nodiscard]] Result<std::string> keep_evidence(std::string_view request) const;

  private:
    State(std::string folder, std::string name, crypto::SigningKey key, os::LockFile lock)
        : folder_(std::move(folder)), name_(std::move(name)), key_(std::move(key)), lock_(std::move(lock)) {}

    std::string folder_;
    std::string name_;
    crypto::SigningKey key_;
    os::LockFile lock_;
};

}  // namespace signalbox::witness
