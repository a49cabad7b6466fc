// SPDX-License-Identifier: Apache-2.0
#include "controller/authority/service_keys.hpp"

#include <fmt/format.h>

#include "common/crypto/key_file.hpp"
#include "common/crypto/random.hpp"
#include "common/os/private_directory.hpp"

namespace signalbox::authority {
namespace {

Error not_listed(const std::string& file, const crypto::KeyId& id, const char* role,
                 const trust::TrustFile& trust) {
    return Error(
        Code::failed_precondition,
        fmt::format("trust file version {} does not list {} in the role \"{}\", but it is the key in "
                    "keys/{}",
                    trust.version, id.str(), role, file),
        fmt::format("Put the listed key back into keys/{}, or publish a trust file that lists this "
                    "one before it is used.",
                    file));
}

Status check_any_listed(const TokenKeys& keys, const trust::TrustFile& trust) {
    const auto held = keys.held({});
    for (const auto& each : held) {
        if (trust.key_in_role(keys.role(), each.key.id()) != nullptr) return {};
    }
    return not_listed(held.back().file, held.back().key.id(), keys.role().c_str(), trust);
}

}  // namespace

Result<ServiceKeys> load_service_keys(const std::string& directory) {
    SB_CHECK(os::check_private_directory(directory));
    SB_TRY(auto token, TokenKeys::load(directory));
    SB_TRY(auto ledger, TokenKeys::load(directory, "ledger"));
    crypto::SystemRandom random;
    SB_TRY(auto secrets, crypto::SealingKey::load_or_make(directory + "/secrets.key", random));
    return ServiceKeys{std::move(token), std::move(ledger), std::move(secrets)};
}

Status check_listed(const ServiceKeys& keys, const trust::TrustFile& trust) {
    SB_CHECK(check_any_listed(keys.ledger, trust));
    return check_any_listed(keys.token, trust);
}

}  // namespace signalbox::authority
