// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/trusted_checkpoint.hpp"

#include <fmt/format.h>

#include "common/merkle/signed_note.hpp"

namespace signalbox::evidence {

Result<merkle::Checkpoint> by_any_ledger_key(std::string_view note, const trust::TrustFile& trust) {
    const std::string origin = merkle::origin_of(trust.cluster_id.str());
    Error last{Code::refused, "the trust file lists no ledger key"};
    const auto role = trust.roles.find("ledger");
    if (role == trust.roles.end()) return last;
    for (const crypto::KeyId& id : role->second.keyids) {
        const crypto::PublicKey* key = trust.key_in_role("ledger", id);
        if (key == nullptr) continue;
        auto checkpoint = merkle::verify_checkpoint(note, origin, *key);
        if (checkpoint) return checkpoint;
        last = std::move(checkpoint).error();
    }
    return last;
}

std::vector<merkle::Cosigner> witnesses_of(const trust::TrustFile& trust) {
    std::vector<merkle::Cosigner> out;
    const auto role = trust.roles.find("witness");
    if (role == trust.roles.end()) return out;
    for (const crypto::KeyId& id : role->second.keyids) {
        const auto listed = trust.keys.find(id);
        if (listed != trust.keys.end()) out.push_back({listed->second.label, listed->second.key});
    }
    return out;
}

int witnesses_needed(const trust::TrustFile& trust) {
    const auto role = trust.roles.find("witness");
    return role == trust.roles.end() || role->second.keyids.empty() ? 0 : role->second.threshold;
}

Status TrustedCheckpoint::check_cosigned() const {
    if (cosigned()) return {};
    return Error{
        Code::refused,
        fmt::format("the checkpoint of {} entries bears {} of {} cosignatures that the trust file asks for",
                    checkpoint.size, witnesses.size(), needed),
        "get a checkpoint that the witnesses have seen: a fork would not have their cosignatures"};
}

Result<TrustedCheckpoint> read_checkpoint(std::string_view note, const trust::TrustFile& trust) {
    TrustedCheckpoint out;
    SB_TRY(out.checkpoint, by_any_ledger_key(note, trust));
    SB_TRY(const merkle::Note parsed, merkle::parse_note(note));
    for (const merkle::Cosigner& cosigner : witnesses_of(trust)) {
        SB_TRY(const auto at, merkle::cosigned_at(parsed, cosigner));
        if (at) out.witnesses.push_back({cosigner.name, *at});
    }
    out.needed = witnesses_needed(trust);
    return out;
}

}  // namespace signalbox::evidence
