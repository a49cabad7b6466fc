// SPDX-License-Identifier: Apache-2.0
// Who may sign the next entry of a ledger, and the chain of each agent's records. Fed entry by entry, in
// order. Private to common/evidence. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/record/record.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::evidence {

struct AgentSummary {
    std::string host;
    std::string environment;
    crypto::KeyId record_kid;
    std::int64_t records = 0;  // also the last seq
};

// What one entry says, once its signature held.
struct Judged {
    std::string kind;  // "decision:token_minted", "action:finished"
    crypto::PublicKey signer;
    Instant time{};  // when it was written, by its signer's clock
    // The checkpoint that its host had seen, of this ledger by name. Not compared with the tree.
    std::optional<record::SeenCheckpoint> seen;
};

class Signers {
  public:
    // `trust` must outlive it. `earlier`: versions before it, the oldest first.
    explicit Signers(const trust::TrustFile& trust, const std::vector<trust::TrustFile>& earlier = {});

    // Errors: refused (nobody who may sign did, a broken chain, a checkpoint of another ledger),
    // invalid_argument.
    [[nodiscard]] Result<Judged> judge(std::string_view envelope_text);

    [[nodiscard]] const std::map<AgentId, AgentSummary>& agents() const { return agents_; }

  private:
    struct Host {
        AgentId agent;
        crypto::PublicKey key;
        crypto::Digest last_payload;  // zeros before the first record
        std::int64_t replaced = 0;    // by another key, in the record of this number; 0: it signs
    };

    // A ledger key that `trust` does not list any more.
    struct FormerKey {
        crypto::PublicKey key;
        std::int64_t removed_in = 0;  // the first version without it
    };
    [[nodiscard]] const crypto::PublicKey* ledger_key(const crypto::KeyId& kid) const;
    [[nodiscard]] Result<Judged> judge_decision(const record::Opened& opened);
    [[nodiscard]] Result<Judged> judge_action(const record::Opened& opened);
    [[nodiscard]] Status enrol(const record::Decision& decision);
    [[nodiscard]] Status rotate(Host& host, const record::ActionRecord& record);

    const trust::TrustFile& trust_;
    std::map<crypto::KeyId, FormerKey> former_;
    std::int64_t published_ = 0;  // the newest version that an entry published so far
    std::map<crypto::KeyId, Host> hosts_;
    std::map<AgentId, AgentSummary> agents_;
};

}  // namespace signalbox::evidence
