// SPDX-License-Identifier: Apache-2.0
// A ledger in memory that tests write, export and then spoil.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/evidence/export_bundle.hpp"
#include "common/evidence/verify.hpp"
#include "common/merkle/tree.hpp"
#include "common/record/record.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::evidence {

class LedgerFixture {
  public:
    fakes::TrustFixture keys;
    std::vector<Entry> entries;

    // Keys cannot be copied, but they are the same in every fixture.
    [[nodiscard]] LedgerFixture copy() const;

    void decide(const std::string& kind, json::Json data = json::Json::object());
    void enrol(const AgentId& agent, const crypto::SigningKey& record_key);
    // The agent's next record; with `witness` it names the tree as it stands.
    void act(const AgentId& agent, const crypto::SigningKey& record_key, bool witness = false);
    // Its next record, which hands over to the next key.
    void rotate(const AgentId& agent, const crypto::SigningKey& from, const crypto::SigningKey& to);
    void put(std::string envelope, const crypto::PublicKey& signer);

    [[nodiscard]] std::string checkpoint() const;
    // The export as lines; tests change them before they are joined.
    [[nodiscard]] std::vector<std::string> lines() const;
    [[nodiscard]] Report verify(const std::vector<std::string>& lines) const;
    // By another trust file, which has these before it.
    [[nodiscard]] Report verify(const trust::TrustFile& by,
                                const std::vector<trust::TrustFile>& earlier) const;
    [[nodiscard]] Report verify() const { return verify(lines()); }

    record::ActionRecord next_record(const AgentId& agent);

  private:
    [[nodiscard]] merkle::MemoryTree tree() const;

    struct Tail {
        std::int64_t seq = 0;
        crypto::Digest payload;
    };
    std::map<AgentId, Tail> tails_;
};

}  // namespace signalbox::evidence
