// SPDX-License-Identifier: Apache-2.0
#include "common/trust/withdrawal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/trust/parts_json.hpp"
#include "common/trust/statement.hpp"

namespace signalbox::trust {
namespace {

constexpr std::size_t kMaxText = 1000;

Result<Withdrawal> parse(std::string_view payload) {
    SB_TRY(const Statement statement, parse_statement(payload, kWithdrawalPredicate,
                                                      {.max_bytes = kMaxWithdrawalBytes, .max_depth = 5}));
    SB_TRY(auto reader, json::ObjectReader::open(statement.predicate, "$.predicate"));
    Withdrawal out;
    SB_TRY(std::string cluster, parts::filled(reader, "cluster_id"));
    out.cluster_id = ClusterId{std::move(cluster)};
    SB_TRY(out.environment, parts::filled(reader, "environment"));
    SB_TRY(out.approval_sha256, parts::digest(reader, "approval_sha256"));
    SB_TRY(out.name, parts::filled(reader, "name"));
    SB_TRY(out.reason, reader.string("reason"));
    SB_TRY(out.at, parts::instant(reader, "at"));
    SB_CHECK(reader.finish());
    if (out.name.size() > kMaxText || out.reason.size() > kMaxText)
        return parts::wrong("$.predicate: name and reason have at most 1000 bytes");
    if (statement.subject_name != "approval" || statement.subject != out.approval_sha256)
        return parts::wrong("$.subject does not agree with the predicate's approval_sha256");
    return out;
}

bool may_withdraw(const TrustFile& trust, const std::string& environment, const crypto::KeyId& kid) {
    const auto roles = trust.approval_roles(environment);
    return std::any_of(roles.begin(), roles.end(),
                       [&](const auto& role) { return role.second.keyids.contains(kid); });
}

}  // namespace

std::string serialize(const Withdrawal& withdrawal) {
    return serialize_statement(kWithdrawalPredicate, "approval", withdrawal.approval_sha256,
                               {{"cluster_id", withdrawal.cluster_id.str()},
                                {"environment", withdrawal.environment},
                                {"approval_sha256", withdrawal.approval_sha256.hex()},
                                {"name", withdrawal.name},
                                {"reason", withdrawal.reason},
                                {"at", to_rfc3339(withdrawal.at)}});
}

Result<Withdrawal> parse_withdrawal(std::string_view payload) {
    return parse(payload).with_context("withdrawal");
}

Result<VerifiedWithdrawal> verify_withdrawal(const TrustFile& trust, std::string_view dsse_text) {
    SB_TRY(const dsse::Envelope envelope, open_envelope(dsse_text, 2 * kMaxWithdrawalBytes, "withdrawal"));
    SB_TRY(Withdrawal withdrawal, parse_withdrawal(envelope.payload));
    const auto refused = [](std::string why) {
        return Error(Code::refused, "R_APPROVAL: " + std::move(why));
    };
    if (withdrawal.cluster_id != trust.cluster_id)
        return refused(fmt::format("the withdrawal is for cluster '{:.60}', not {}",
                                   withdrawal.cluster_id.str(), trust.cluster_id.str()));
    if (envelope.signatures.size() != 1) return refused("a withdrawal has exactly one signature");
    const crypto::KeyId& kid = envelope.signatures.front().keyid;
    const auto key = trust.keys.find(kid);
    if (key == trust.keys.end() || !may_withdraw(trust, withdrawal.environment, kid))
        return refused(fmt::format("the key {:.80} holds no approval role for {:.60}", kid.str(),
                                   withdrawal.environment));
    if (!dsse::signed_by(envelope, key->second.key))
        return refused("the withdrawal's signature does not verify");
    return VerifiedWithdrawal{std::move(withdrawal), kid};
}

}  // namespace signalbox::trust
