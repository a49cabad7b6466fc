// SPDX-License-Identifier: Apache-2.0
#include "common/secret/secret.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"

namespace signalbox::secret {
namespace {

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_alnum(c) || c == '.' || c == '_' || c == '-';
    });
}

Error refused(const std::string& name, std::string_view why) {
    return {Code::refused, fmt::format("the secret {}: {}", name, why)};
}

}  // namespace

bool is_name(std::string_view text) {
    return is_word(text) && is_alnum(text.front());
}

bool is_local_name(std::string_view text) {
    return is_word(text) && (is_alnum(text.front()) || text.front() == '_') &&
           (text.front() < '0' || text.front() > '9');
}

Result<Secret> Secret::make(const crypto::SecretBytes& value, crypto::Random& random) {
    if (value.size() < kLeastValue || value.size() > kMostValue)
        return Error(Code::invalid_argument, fmt::format("a secret has {} to {} bytes, this one has {}",
                                                         kLeastValue, kMostValue, value.size()));
    crypto::SecretBytes packed(kSaltBytes + value.size());
    const auto out = packed.expose_mutable();
    random.fill(out.first(kSaltBytes));
    std::copy(value.expose().begin(), value.expose().end(), out.begin() + kSaltBytes);
    return Secret(std::move(packed));
}

Result<Secret> Secret::open(ByteView sealed, const crypto::SealingKey& key) {
    SB_TRY(auto packed, key.open(sealed));
    if (packed.size() < kSaltBytes + kLeastValue || packed.size() > kSaltBytes + kMostValue)
        return Error(Code::refused, "a sealed secret has no value of a valid length");
    return Secret(std::move(packed));
}

crypto::Digest Secret::commitment() const {
    crypto::Sha256 hash;
    hash.update(as_bytes("signalbox/secret/v1\n"));
    hash.update(packed_.expose());
    return hash.finish();
}

crypto::SecretBytes Secret::value() const {
    return crypto::SecretBytes(packed_.expose().subspan(kSaltBytes));
}

Result<Values> open_all(const References& references, const Sealed& sealed, const crypto::SealingKey& key) {
    if (sealed.size() > references.size())
        return Error(Code::refused, "there are secrets that the action does not name");
    Values out;
    for (const auto& [local, reference] : references) {
        const auto found = sealed.find(local);
        if (found == sealed.end()) return refused(reference.name, "it did not come with the step");
        auto opened = Secret::open(found->second, key);
        if (!opened) return refused(reference.name, opened.error().message());
        if (opened->commitment() != reference.commitment)
            return refused(reference.name, "the value is not the one that was approved");
        out.emplace(local, opened->value());
    }
    return out;
}

std::string announcement(const ClusterId& cluster, const AgentId& agent, const crypto::SealingPublic& key) {
    return fmt::format("signalbox/seal/v1\n{}\n{}\n{}", cluster.str(), agent.str(),
                       crypto::to_hex(key.view()));
}

}  // namespace signalbox::secret
