// SPDX-License-Identifier: Apache-2.0
#include "controller/access/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/crypto/encoding.hpp"
#include "common/os/file.hpp"
#include "controller/access/api_key.hpp"

namespace signalbox::access {
namespace {

Error not_valid() {
    return {Code::unauthenticated, "this API key is not valid",
            "Use a key that was not revoked, or ask an administrator for one."};
}

json::Json names_of(const Roles& roles) {
    auto out = json::Json::array();
    for (const auto role : roles) out.push_back(std::string(to_string(role)));
    return out;
}

json::Json change_of(std::string_view change, const ApiKey& key, const std::string& by) {
    return {{"change", change},
            {"key_id", key.id},
            {"name", key.name},
            {"roles", names_of(key.roles)},
            {"approver_kid", key.approver_kid},
            {"by", by}};
}

// For good: after a power cut the file must not be back without the store that its key went into.
Status take_away(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code failure;
    if (!fs::remove(path, failure) && !failure) return {};
    if (failure) {
        return Error(Code::unavailable, fmt::format("cannot remove {}: {}", path, failure.message()),
                     "Make its directory writable for the controller's user.");
    }
    return os::sync_directory(fs::path(path).parent_path().string());
}

bool is_active_administrator(const ApiKey& key) {
    return !key.revoked && key.roles.contains(Role::administrator);
}

}  // namespace

AccessService::AccessService(AccessStore& store, ledger::Ledger& ledger, crypto::Random& random,
                             const Clock& clock)
    : store_(store), ledger_(ledger), random_(random), clock_(clock) {}

Status AccessService::import_bootstrap(const std::string& path) {
    SB_TRY(const auto known, store_.list());
    if (!known.empty()) return take_away(path);
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return Error(Code::not_found, fmt::format("there is no API key yet, and {} cannot be read", path),
                     "Make the data directory with `signalbox init`.");
    }
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto now = clock_.now();
    auto key = parse_bootstrap(text, now);
    if (!key) return std::move(key).error().with_context(path);
    SB_CHECK(store_.add(
        *key, ledger_.sealer().decision("access_changed", change_of("bootstrap", *key, "init"), now)));
    ledger_.appended();
    return take_away(path);
}

Result<Caller> AccessService::authenticate(std::string_view api_key) const {
    const auto text = parse_api_key(api_key);
    // A stranger's key costs the same look-up and comparison as a known one's.
    SB_TRY(const auto found, store_.find(text ? text->id : "000000000000"));
    const auto digest = crypto::sha256(text ? std::string_view(text->secret) : api_key.substr(0, 43));
    const auto expected = found ? found->secret_sha256 : crypto::Digest{};
    const bool same = crypto::constant_time_equal(digest.view(), expected.view());
    if (!text || !found || !same || found->revoked) return not_valid();
    return Caller{found->name, found->id, found->roles, found->approver_kid};
}

Result<v1::WhoAmIResponse> AccessService::who_am_i(const Caller& caller, const v1::WhoAmIRequest&) const {
    v1::WhoAmIResponse out;
    out.set_name(caller.name);
    for (const auto role : caller.roles) out.add_roles(std::string(to_string(role)));
    return out;
}

Result<v1::CreateApiKeyResponse> AccessService::create(const Caller& caller,
                                                       const v1::CreateApiKeyRequest& request) {
    SB_CHECK(check_name(request.name()));
    ApiKey key;
    key.name = request.name();
    for (const auto& text : request.roles()) {
        SB_TRY(const auto role, parse_role(text));
        key.roles.insert(role);
    }
    if (key.roles.empty()) {
        return Error(Code::invalid_argument, "an API key needs at least one role",
                     "Name one or more of: administrator, operator, coordinator, approver, auditor.");
    }
    key.approver_kid = request.approver_kid();
    if (!key.approver_kid.empty()) {
        if (auto kid = crypto::parse_key_id(key.approver_kid); !kid) {
            return std::move(kid).error().with_context("approver_kid");
        }
    }
    const auto text = generate_api_key(random_);
    key.id = text.id;
    key.secret_sha256 = crypto::sha256(text.secret);
    key.created = clock_.now();
    SB_CHECK(store_.add(key, ledger_.sealer().decision("access_changed",
                                                       change_of("created", key, caller.name), key.created)));
    ledger_.appended();
    v1::CreateApiKeyResponse out;
    out.set_api_key(text.line());
    return out;
}

Result<v1::ListApiKeysResponse> AccessService::list(const Caller& /*caller*/,
                                                    const v1::ListApiKeysRequest& /*request*/) const {
    SB_TRY(const auto keys, store_.list());
    v1::ListApiKeysResponse out;
    for (const auto& key : keys) {
        auto& info = *out.add_keys();
        info.set_id(key.id);
        info.set_name(key.name);
        for (const auto role : key.roles) info.add_roles(std::string(to_string(role)));
        info.set_created(to_rfc3339(key.created));
        info.set_revoked(key.revoked.has_value());
        info.set_approver_kid(key.approver_kid);
    }
    return out;
}

Result<v1::RevokeApiKeyResponse> AccessService::revoke(const Caller& caller,
                                                       const v1::RevokeApiKeyRequest& request) {
    SB_TRY(const auto keys, store_.list());
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const ApiKey& key) { return key.id == request.id(); });
    if (found == keys.end()) {
        return Error(Code::not_found, fmt::format("there is no API key \"{}\"", request.id()),
                     "Take the id from `signalbox access key list`.");
    }
    if (found->revoked) {
        return Error(Code::failed_precondition, fmt::format("API key {} is revoked already", found->id));
    }
    if (is_active_administrator(*found) &&
        std::count_if(keys.begin(), keys.end(), is_active_administrator) == 1) {
        return Error(
            Code::failed_precondition,
            fmt::format("{} is the last administrator's key: nobody could let anybody in again", found->id),
            "Create another administrator's key first.");
    }
    const auto now = clock_.now();
    SB_CHECK(store_.revoke(
        found->id, now,
        ledger_.sealer().decision("access_changed", change_of("revoked", *found, caller.name), now)));
    ledger_.appended();
    return v1::RevokeApiKeyResponse();
}

}  // namespace signalbox::access
