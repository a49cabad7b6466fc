// SPDX-License-Identifier: Apache-2.0
// Issues agents' leaf certificates from the cluster's authority, or the next one while it is changed: 24 h,
// backdated 60 s, client only, the URI SAN is the only name. Domain strand only.
#pragma once

#include <string>

#include "common/base/bytes.hpp"
#include "common/crypto/random.hpp"
#include "common/pki/authority.hpp"
#include "controller/fleet/authorities.hpp"
#include "controller/fleet/store.hpp"

namespace signalbox::fleet {

struct AgentLeaf {
    std::string pem;
    IssuedCertificate issued;
};

class AgentCa {
  public:
    // Authorities and random source must outlive this.
    AgentCa(ClusterId cluster, const Authorities& authorities, crypto::Random& random,
            Duration life = std::chrono::hours(24))
        : cluster_(std::move(cluster)), authorities_(authorities), random_(random), life_(life) {}

    // The names that the request asks for are ignored; its signature is not. Errors: invalid_argument,
    // refused, failed_precondition (the authority has expired).
    [[nodiscard]] Result<AgentLeaf> issue(const AgentId& agent, ByteView csr_der, Instant now) const;
    // Every authority that agents are to trust, as PEM.
    [[nodiscard]] std::string ca_pem() const { return authorities_.bundle_pem(); }

  private:
    ClusterId cluster_;
    const Authorities& authorities_;
    crypto::Random& random_;
    Duration life_;
};

}  // namespace signalbox::fleet
