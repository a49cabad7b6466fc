// SPDX-License-Identifier: Apache-2.0
// What the network face keeps in its state directory between runs:
//   identity                                    who we are and where the controller is
//   pki/live -> <n>/{agent.key,agent.crt,ca.crt}  the certificate; renewing flips the link
// One process at a time (the caller holds the directory's lock).
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/model/ids.hpp"
#include "common/rpc/tls.hpp"

namespace signalbox::enrol {

struct Identity {
    AgentId agent_id;
    ClusterId cluster;
    std::string environment;
    std::string host;
    std::string address;  // host:port of the controller
};

struct Certificate {
    std::string key_pem;
    std::string certificate_pem;
    std::string ca_pem;
};

class IdentityStore {
  public:
    // `directory` exists and is private.
    explicit IdentityStore(std::string directory) : directory_(std::move(directory)) {}

    [[nodiscard]] bool enrolled() const;
    // Errors: failed_precondition (not enrolled; says how), invalid_argument (damaged).
    [[nodiscard]] Result<Identity> load() const;
    [[nodiscard]] Status save(const Identity& identity) const;

    // Readers see the old or the new certificate with its own key, never a mix. Durable when it returns.
    [[nodiscard]] Status install(const Certificate& certificate) const;
    [[nodiscard]] Result<std::string> certificate_pem() const;
    [[nodiscard]] rpc::TlsFiles tls_files() const;

  private:
    [[nodiscard]] std::string live() const { return directory_ + "/pki/live"; }
    std::string directory_;
};

}  // namespace signalbox::enrol
