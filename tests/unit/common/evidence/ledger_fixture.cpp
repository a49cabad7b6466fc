// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/common/evidence/ledger_fixture.hpp"

#include "common/merkle/checkpoint.hpp"

namespace signalbox::evidence {
namespace {

const ClusterId kCluster{"demo"};

}  // namespace

LedgerFixture LedgerFixture::copy() const {
    LedgerFixture other;
    other.entries = entries;
    other.tails_ = tails_;
    return other;
}

void LedgerFixture::put(std::string envelope, const crypto::PublicKey& signer) {
    std::string leaf = record::ledger_leaf(envelope, signer);
    entries.push_back({entries.size(), std::move(leaf), std::move(envelope)});
}

void LedgerFixture::decide(const std::string& kind, json::Json data) {
    const Instant time = from_unix_seconds(1'800'000'000 + static_cast<std::int64_t>(entries.size()));
    put(record::seal(record::Decision{kCluster, time, kind, std::move(data)}, keys.ledger),
        keys.ledger.public_key());
}

void LedgerFixture::enrol(const AgentId& agent, const crypto::SigningKey& record_key) {
    decide("agent_enrolled", {{"agent_id", agent.str()},
                              {"host", "web-" + agent.str()},
                              {"environment", "production"},
                              {"site", "s"},
                              {"record_key", record_key.public_key().paserk()},
                              {"record_kid", record_key.public_key().id().str()}});
}

record::ActionRecord LedgerFixture::next_record(const AgentId& agent) {
    record::ActionRecord record;
    record.cluster_id = kCluster;
    record.agent_id = agent;
    record.seq = tails_[agent].seq + 1;
    record.prev = tails_[agent].payload;
    record.kind = record::Kind::heartbeat;
    return record;
}

void LedgerFixture::act(const AgentId& agent, const crypto::SigningKey& record_key, bool witness) {
    record::ActionRecord record = next_record(agent);
    if (witness) {
        const merkle::MemoryTree now = tree();
        record.seen_checkpoint = record::SeenCheckpoint{merkle::origin_of("demo"),
                                                        static_cast<std::int64_t>(now.size()), now.root()};
    }
    tails_[agent] = {record.seq, crypto::sha256(record::serialize(record))};
    put(record::seal(record, record_key), record_key.public_key());
}

void LedgerFixture::rotate(const AgentId& agent, const crypto::SigningKey& from,
                           const crypto::SigningKey& to) {
    record::ActionRecord record = next_record(agent);
    record.kind = record::Kind::key_rotated;
    const std::string said =
        record::rotation_message(kCluster, agent, from.public_key().id(), to.public_key().id());
    record.next_key = record::NextKey{to.public_key(), to.sign_now(as_bytes(said))};
    tails_[agent] = {record.seq, crypto::sha256(record::serialize(record))};
    put(record::seal(record, from), from.public_key());
}

merkle::MemoryTree LedgerFixture::tree() const {
    merkle::MemoryTree tree;
    for (const Entry& entry : entries) tree.append(merkle::leaf_hash(entry.leaf));
    return tree;
}

std::string LedgerFixture::checkpoint() const {
    const merkle::MemoryTree now = tree();
    return merkle::sign_checkpoint({merkle::origin_of("demo"), now.size(), now.root()}, keys.ledger);
}

std::vector<std::string> LedgerFixture::lines() const {
    std::vector<std::string> out{to_line(Header{kCluster, entries.size(), checkpoint()})};
    for (const Entry& entry : entries) out.push_back(to_line(entry));
    return out;
}

Report LedgerFixture::verify(const trust::TrustFile& by, const std::vector<trust::TrustFile>& earlier) const {
    std::string text;
    for (const std::string& line : lines()) text += line + "\n";
    return verify_export(lines_of(text), by, {}, earlier);
}

Report LedgerFixture::verify(const std::vector<std::string>& lines) const {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return verify_export(lines_of(text), keys.file);
}

}  // namespace signalbox::evidence
