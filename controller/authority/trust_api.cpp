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

Result<v1::GetTrustHistoryResponse> TrustApi::history(const access::Caller& /*caller*/,
                                                      const v1::GetTrustHistoryRequest& /*request*/) const {
    SB_TRY(const auto published, authority_.history(ledger_));
    v1::GetTrustHistoryResponse out;
    for (const auto& each : published) {
        v1::TrustVersion& version = *out.add_versions();
        version.set_version(static_cast<std::uint64_t>(each.version));
        version.set_published(to_rfc3339(each.time));
        version.set_by(each.by);
        SB_TRY(*version.mutable_trust(), authority_.text(each.version));
    }
    return out;
}

Result<TokenKeys*> TrustApi::keys_of(const std::string& role) const {
    if (role.empty() || role == token_keys_.role()) return &token_keys_;
    if (role == ledger_keys_.role()) return &ledger_keys_;
    return Error(Code::invalid_argument, "the controller holds keys of the roles token and ledger only");
}

Result<v1::ListTokenKeysResponse> TrustApi::list_token_keys(const access::Caller& /*caller*/,
                                                            const v1::ListTokenKeysRequest& request) const {
    v1::ListTokenKeysResponse out;
    SB_TRY(const TokenKeys* keys, keys_of(request.role()));
    for (const auto& held : keys->held(clock_.now())) {
        v1::TokenKey& key = *out.add_keys();
        key.set_kid(held.key.id().str());
        key.set_public_key(held.key.paserk());
        key.set_file(held.file);
        if (held.listed) key.set_listed(to_rfc3339(*held.listed));
        if (held.listed) key.set_usable_from(to_rfc3339(*held.listed + kPublishedBeforeUse));
        key.set_in_use(held.in_use);
    }
    return out;
}

Result<v1::PrepareTokenKeyResponse> TrustApi::prepare_token_key(const access::Caller& caller,
                                                                const v1::PrepareTokenKeyRequest& request) {
    SB_TRY(TokenKeys * keys, keys_of(request.role()));
    SB_TRY(const crypto::PublicKey key, keys->prepare_next());
    SB_CHECK(ledger_.append(keys->role() + "_key_prepared", {{"kid", key.id().str()}, {"by", caller.name}}));
    v1::PrepareTokenKeyResponse out;
    out.set_public_key(key.paserk());
    return out;
}

}  // namespace signalbox::authority
