// SPDX-License-Identifier: Apache-2.0
// A person's signing keys: files NAME.key (PASERK k4.secret-pw, 0600) and NAME.pub (k4.public) in one folder,
// and the ssh-ed25519 keys of an ssh-agent, named ssh-agent:<comment, fingerprint or key id>.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/key_file.hpp"
#include "common/crypto/keys.hpp"
#include "common/crypto/random.hpp"
#include "common/crypto/secret_bytes.hpp"
#include "controller/cli/prompt.hpp"

namespace signalbox::cli {

inline constexpr std::string_view kSshAgentPrefix = "ssh-agent:";

struct KeyEntry {
    std::string name;  // what --key takes
    crypto::PublicKey key;
    std::string where;  // a path, or the agent's fingerprint
};

struct Keyring {
    std::string folder;
    std::string agent_socket;  // empty: no ssh-agent

    // Errors: already_exists, invalid_argument (name), and those of writing.
    [[nodiscard]] Result<KeyEntry> create(const std::string& name, const crypto::SecretBytes& passphrase,
                                          crypto::Random& random,
                                          const crypto::PasswordCost& cost = {}) const;
    // Files by name, then the agent's. A .pub file that cannot be read is an error; no folder is no key.
    [[nodiscard]] Result<std::vector<KeyEntry>> list() const;
    // A name in the folder, a path of a .key or .pub file, ssh-agent:…, or a k4.public text. Needs no
    // passphrase.
    [[nodiscard]] Result<KeyEntry> find(const std::string& spec) const;
    // Ready to sign; asks for the passphrase when the key is in a file. Errors: permission_denied (wrong
    // passphrase), data_loss (the .pub file belongs to another key), and those of find().
    [[nodiscard]] Result<std::unique_ptr<crypto::Signer>> open(const std::string& spec, Prompt& prompt,
                                                               const std::string& passphrase_file) const;
};

// Letters, digits, '.', '_', '-'; at most 64; does not start with '.' or '-'.
[[nodiscard]] bool is_key_name(std::string_view name);

}  // namespace signalbox::cli
