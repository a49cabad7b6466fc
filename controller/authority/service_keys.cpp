// SPDX-License-Identifier: Apache-2.0
#include "controller/authority/service_keys.hpp"

#include <fmt/format.h>

#include "common/crypto/key_file.hpp"
#include "common/crypto/random.hpp"
#include "common/os/private_directory.hpp"

namespace signalbox::authority {
namespace {

Status check_one(const crypto::SigningKey& key, const char* role, const trust::TrustFile& trust) {
    const auto id = key.public_key().id();
    if (trust.key_in_role(role, id) != nullptr) return {};
    return Error(
        Code::failed_precondition,
        fmt::format("trust file version {} does not list {} in the role \"{}\", but it is the key in "
                    "keys/{}.key",
                    trust.version, id.str(), role, role),
        fmt::format("Put the listed key back into keys/{}.key, or publish a trust file that lists this "
                    "one before it is used.",
                    role));
}

}  // namespace

Result<ServiceKeys> load_service_keys(const std::string& directory) {
    SB_CHECK(os::check_private_directory(directory));
    SB_TRY(auto token, crypto::load_service_key(directory + "/token.key"));
    SB_TRY(auto ledger, crypto::load_service_key(directory + "/ledger.key"));
    crypto::SystemRandom random;
    SB_TRY(auto secrets, crypto::SealingKey::load_or_make(directory + "/secrets.key", random));
    return ServiceKeys{std::move(token), std::move(ledger), std::move(secrets)};
}

Status check_listed(const ServiceKeys& keys, const trust::TrustFile& trust) {
    SB_CHECK(check_one(keys.token, "token", trust));
    return check_one(keys.ledger, "ledger", trust);
}

}  // namespace signalbox::authority
