// SPDX-License-Identifier: Apache-2.0
// Keys that live in an ssh-agent (draft-miller-ssh-agent): only plain ssh-ed25519 ones, because their
// signatures are RFC 8032's and everybody verifies them. The private key never leaves the agent.
// One connection per call, so no state; the socket is $SSH_AUTH_SOCK.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/keys.hpp"

namespace signalbox::cli {

struct SshIdentity {
    crypto::PublicKey key;
    std::string comment;      // the person's own words: not trusted
    std::string fingerprint;  // "SHA256:…", as ssh-add -l shows it
};

// "SHA256:" and the unpadded base64 of the SHA-256 of the SSH key blob.
[[nodiscard]] std::string ssh_fingerprint(const crypto::PublicKey& key);
// "ssh-ed25519 AAAA…" for an authorized_keys file.
[[nodiscard]] std::string ssh_public_line(const crypto::PublicKey& key);

// Errors: failed_precondition (no socket named), unavailable (nobody answers), data_loss (nonsense).
[[nodiscard]] Result<std::vector<SshIdentity>> list_ssh_identities(const std::string& socket_path);

// Signs through the agent, which may ask the person. What comes back is verified before it is returned.
class SshAgentSigner final : public crypto::Signer {
  public:
    SshAgentSigner(std::string socket_path, SshIdentity identity)
        : socket_path_(std::move(socket_path)), identity_(std::move(identity)) {}
    [[nodiscard]] const crypto::PublicKey& public_key() const override { return identity_.key; }
    // Errors: unavailable, permission_denied (the agent refused), data_loss (a signature that does not
    // verify).
    [[nodiscard]] Result<crypto::Signature> sign(ByteView message) const override;

  private:
    std::string socket_path_;
    SshIdentity identity_;
};

// `which` is a comment, a fingerprint or a key id (k4.pid). Errors: not_found (the remedy lists what there
// is), invalid_argument (more than one has this comment), and those of list_ssh_identities.
[[nodiscard]] Result<SshIdentity> find_ssh_identity(const std::string& socket_path, std::string_view which);

}  // namespace signalbox::cli
