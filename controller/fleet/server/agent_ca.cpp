// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/agent_ca.hpp"

#include "common/pki/certificate.hpp"

namespace signalbox::fleet {

Result<AgentLeaf> AgentCa::issue(const AgentId& agent, ByteView csr_der, Instant now) const {
    pki::LeafProfile profile;
    profile.names.uris = {pki::agent_uri(cluster_.str(), agent.str())};
    profile.client = true;
    profile.life = life_;
    const pki::Authority& authority = authorities_.issuing(now);
    SB_TRY(pki::IssuedLeaf leaf, authority.issue(to_text(csr_der), profile, now, random_));
    return AgentLeaf{
        std::move(leaf.certificate_pem),
        {std::move(leaf.serial), agent, leaf.not_before, leaf.not_after, authority.fingerprint(), {}}};
}

}  // namespace signalbox::fleet
