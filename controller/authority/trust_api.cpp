// SPDX-License-Identifier: Apache-2.0
#include "controller/authority/trust_api.hpp"

#include <limits>

namespace signalbox::authority {

Result<v1::GetTrustResponse> TrustApi::get(const access::Caller& /*caller*/,
                                           const v1::GetTrustRequest& request) const {
    constexpr std::uint64_t top = std::numeric_limits<std::int64_t>::max();
    const auto version = request.version() == 0
                             ? authority_.current().version
                             : static_cast<std::int64_t>(request.version() > top ? top : request.version());
    v1::GetTrustResponse out;
    SB_TRY(*out.mutable_trust(), authority_.text(version));
    out.set_version(static_cast<std::uint64_t>(version));
    return out;
}

Result<v1::PublishTrustResponse> TrustApi::publish(const access::Caller& caller,
                                                   const v1::PublishTrustRequest& request) {
    SB_CHECK(authority_.publish(request.trust(), caller.name, ledger_));
    v1::PublishTrustResponse out;
    out.set_version(static_cast<std::uint64_t>(authority_.current().version));
    return out;
}

}  // namespace signalbox::authority
