// SPDX-License-Identifier: Apache-2.0
#include "controller/secret/secret_service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/json/json.hpp"

namespace signalbox::secret {
namespace {

json::Json change_of(std::string_view change, const StoredSecret& secret, const std::string& by) {
    return {{"change", change},          {"environment", secret.environment},     {"name", secret.name},
            {"version", secret.version}, {"commitment", secret.commitment.hex()}, {"by", by}};
}

Status check_names(const std::string& environment, const std::string& name) {
    for (const auto& [what, text] : {std::pair("environment", environment), std::pair("secret", name)}) {
        if (!is_name(text))
            return Error(Code::invalid_argument,
                         fmt::format("'{:.64}' cannot be the name of a {}", text, what),
                         "Use 1 to 63 of A-Z, a-z, 0-9, '.', '_' and '-', first a letter or a digit.");
    }
    return {};
}

bool is_of(const StoredSecret& one, const std::string& environment, const std::string& name) {
    return one.environment == environment && one.name == name;
}

}  // namespace

Result<v1::SetSecretResponse> SecretService::set(const access::Caller& caller,
                                                 const v1::SetSecretRequest& request) {
    SB_CHECK(check_names(request.environment(), request.name()));
    SB_TRY(const Secret made, Secret::make(crypto::SecretBytes::from_text(request.value()), random_));
    SB_TRY(const auto known, store_.list());
    StoredSecret secret;
    secret.environment = request.environment();
    secret.name = request.name();
    for (const StoredSecret& one : known)
        if (is_of(one, secret.environment, secret.name))
            secret.version = std::max(secret.version, one.version + 1);
    secret.commitment = made.commitment();
    secret.sealed = made.seal(key_.public_key());
    secret.created = clock_.now();
    secret.created_by = caller.name;
    SB_CHECK(store_.add(
        secret,
        ledger_.sealer().decision("secret_changed", change_of("set", secret, caller.name), secret.created)));
    ledger_.appended();
    v1::SetSecretResponse out;
    out.set_version(secret.version);
    return out;
}

Result<v1::ListSecretsResponse> SecretService::list(const access::Caller& /*caller*/,
                                                    const v1::ListSecretsRequest& /*request*/) const {
    SB_TRY(const auto known, store_.list());
    v1::ListSecretsResponse out;
    for (const StoredSecret& one : known) {
        v1::SecretInfo& info = *out.add_secrets();
        info.set_environment(one.environment);
        info.set_name(one.name);
        info.set_version(one.version);
        info.set_commitment(one.commitment.hex());
        info.set_created(to_rfc3339(one.created));
        info.set_created_by(one.created_by);
        info.set_removed(one.removed.has_value());
    }
    return out;
}

Result<v1::RemoveSecretResponse> SecretService::remove(const access::Caller& caller,
                                                       const v1::RemoveSecretRequest& request) {
    SB_TRY(const auto known, store_.list());
    v1::RemoveSecretResponse out;
    for (const StoredSecret& one : known) {
        const bool meant = request.version() == 0 || one.version == request.version();
        if (!is_of(one, request.environment(), request.name()) || one.removed || !meant) continue;
        const Instant now = clock_.now();
        SB_CHECK(store_.remove(
            one, now,
            ledger_.sealer().decision("secret_changed", change_of("removed", one, caller.name), now)));
        ledger_.appended();
        out.add_versions(one.version);
    }
    if (out.versions_size() == 0)
        return Error(Code::not_found,
                     fmt::format("there is no such version of the secret '{:.64}' in '{:.64}'",
                                 request.name(), request.environment()),
                     "Take name and version from `signalbox secret list`.");
    return out;
}

Result<std::map<std::pair<std::string, std::string>, Reference>> SecretService::newest() const {
    SB_TRY(const auto known, store_.list());
    std::map<std::pair<std::string, std::string>, Reference> out;
    for (const StoredSecret& one : known)
        if (!one.removed) out[{one.environment, one.name}] = {one.name, one.version, one.commitment};
    return out;
}

Result<Sealed> SecretService::seal(const std::string& environment, const References& references,
                                   const crypto::SealingPublic& to) {
    Sealed out;
    for (const auto& [local, reference] : references) {
        const auto cannot = [&environment, &reference = reference](std::string_view why) {
            return Error(Code::unavailable, fmt::format("version {} of the secret {} in {} {}",
                                                        reference.version, reference.name, environment, why));
        };
        SB_TRY(const auto stored, store_.find(environment, reference.name, reference.version));
        if (!stored || stored->removed) return cannot("is not there any more");
        const auto opened = Secret::open(stored->sealed, key_);
        if (!opened) return cannot("cannot be opened: " + opened.error().message());
        if (opened->commitment() != reference.commitment) return cannot("is not the value that was approved");
        out.emplace(local, opened->seal(to));
    }
    return out;
}

}  // namespace signalbox::secret
