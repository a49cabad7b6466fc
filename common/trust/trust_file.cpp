// SPDX-License-Identifier: Apache-2.0
#include "common/trust/trust_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace signalbox::trust {
namespace {

struct Signed {
    dsse::Envelope envelope;
    TrustFile file;
};

Result<Signed> open(std::string_view dsse_text) {
    SB_TRY(dsse::Envelope envelope, dsse::parse(dsse_text, kMaxTrustBytes).with_context("trust file"));
    if (envelope.payload_type != kTrustPayloadType) {
        return Error{Code::invalid_argument,
                     fmt::format("trust file: its type is '{:.80}'", envelope.payload_type)};
    }
    SB_TRY(TrustFile file, parse_payload(envelope.payload));
    return Signed{std::move(envelope), std::move(file)};
}

// The keys of the role are distinct, so each is counted once however often it signed.
Status require_root(const TrustFile& authority, const dsse::Envelope& envelope, std::string_view which) {
    const auto found = authority.roles.find("root");
    const Role root = found == authority.roles.end() ? Role{} : found->second;
    const auto valid = std::count_if(root.keyids.begin(), root.keyids.end(), [&](const crypto::KeyId& id) {
        const crypto::PublicKey* key = authority.key_in_role("root", id);
        return key != nullptr && dsse::signed_by(envelope, *key);
    });
    if (valid < root.threshold) {
        return Error{
            Code::refused,
            fmt::format("trust file: {} of {} signatures of the {} root role", valid, root.threshold, which),
            "Let more holders of root keys sign it."};
    }
    return {};
}

}  // namespace

const crypto::PublicKey* TrustFile::key_in_role(std::string_view role, const crypto::KeyId& id) const {
    const auto holder = roles.find(std::string(role));
    if (holder == roles.end() || !holder->second.keyids.contains(id)) return nullptr;
    const auto found = keys.find(id);
    return found == keys.end() ? nullptr : &found->second.key;
}

std::map<std::string, Role> TrustFile::approval_roles(std::string_view environment) const {
    const std::string prefix = fmt::format("approve/{}/", environment);
    std::map<std::string, Role> out;
    for (auto it = roles.lower_bound(prefix); it != roles.end() && it->first.starts_with(prefix); ++it) {
        out.emplace(it->first.substr(prefix.size()), it->second);
    }
    return out;
}

Result<TrustFile> verify_initial(std::string_view dsse_text) {
    SB_TRY(Signed read, open(dsse_text));
    SB_CHECK(require_root(read.file, read.envelope, "own"));
    return std::move(read.file);
}

Result<TrustFile> verify_update(const TrustFile& current, std::string_view dsse_text) {
    SB_TRY(Signed read, open(dsse_text));
    if (read.file.cluster_id != current.cluster_id) {
        return Error{Code::refused, fmt::format("trust file: it is cluster {}'s, not {}'s",
                                                read.file.cluster_id.str(), current.cluster_id.str())};
    }
    if (read.file.version != current.version + 1) {
        return Error{Code::refused,
                     fmt::format("trust file: version {} cannot follow version {}", read.file.version,
                                 current.version),
                     "Apply every version in order, each exactly one above the last."};
    }
    SB_CHECK(require_root(current, read.envelope, "present"));
    SB_CHECK(require_root(read.file, read.envelope, "new"));
    return std::move(read.file);
}

}  // namespace signalbox::trust
