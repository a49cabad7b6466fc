// SPDX-License-Identifier: Apache-2.0
#include "controller/api/status_api.hpp"

#include "common/base/version.hpp"

namespace signalbox::api {

Result<v1::GetStatusResponse> StatusApi::get(const access::Caller& /*caller*/,
                                             const v1::GetStatusRequest& /*request*/) {
    v1::GetStatusResponse out;
    const auto& trust = authority_.current();
    out.set_cluster_id(trust.cluster_id.str());
    out.set_version(std::string(program_version()));
    out.set_trust_version(static_cast<std::uint64_t>(trust.version));
    out.set_trust_expires(to_rfc3339(trust.expires));
    SB_TRY(const auto size, ledger_.size());
    out.set_ledger_size(size);
    SB_TRY(const auto agents, sources_.agents());
    out.set_agents_online(agents.online);
    out.set_agents_total(agents.total);
    SB_TRY(const auto releases, sources_.active_releases());
    out.set_releases_active(releases);
    SB_TRY(const auto estate, sources_.estate());
    out.set_estate_url(estate.url);
    out.set_estate_ref(estate.ref);
    return out;
}

}  // namespace signalbox::api
