// SPDX-License-Identifier: Apache-2.0
// The registered record key changes in the transaction of the record that says so.
#include <gtest/gtest.h>

#include "common/os/temp_directory.hpp"
#include "controller/ledger/sealer.hpp"
#include "controller/storage/storage.hpp"

namespace signalbox::storage {
namespace {

TEST(Rotation, TheKeyAndItsRecordAreOneCommitAndSurviveARestart) {
    const os::TempDirectory folder = os::TempDirectory::make().value();
    const std::string path = folder.file("store.sqlite3");
    const auto ledger_key = crypto::SigningKey::generate();
    const ledger::Sealer sealer(ClusterId("demo"), ledger_key);
    const auto first = crypto::SigningKey::generate(), second = crypto::SigningKey::generate(),
               third = crypto::SigningKey::generate();
    const AgentId agent("a");
    const Instant start = from_unix_seconds(1'800'000'000);
    const auto rotation = [&](std::int64_t seq, const crypto::SigningKey& by, const crypto::SigningKey& to) {
        record::ActionRecord record;
        record.cluster_id = ClusterId("demo");
        record.agent_id = agent;
        record.seq = seq;
        record.kind = record::Kind::key_rotated;
        record.next_key = record::NextKey{to.public_key(), {}};
        auto entry = ledger::Sealer::record(record::seal(record, by), record, by.public_key()).value();
        entry.key_change = ledger::KeyChange{to.public_key(), start + std::chrono::seconds(seq)};
        return entry;
    };
    {
        auto storage = Storage::open(path).value();
        fleet::JoinToken token;
        token.id = "t";
        token.secret_sha256 = crypto::sha256("s");
        token.created = start;
        token.expires = start + std::chrono::minutes(10);
        ASSERT_TRUE(
            storage->fleet().add_join_token(token, sealer.decision("join_token_created", {}, start)).ok());
        const fleet::AgentInfo info{
            agent, "web-1", "production", "dc1", {}, fleet::AgentState::active, "", first.public_key(),
            start};
        ASSERT_TRUE(
            storage->fleet()
                .enrol(
                    {"t", crypto::sha256("s"), info, sealer.decision("agent_enrolled", {}, start), {}, start})
                .ok());
        ASSERT_TRUE(storage->ledger().append({rotation(1, first, second)}).ok());
        // The same number again: neither the record nor the key.
        EXPECT_FALSE(storage->ledger().append({rotation(1, first, third)}).ok());
        ASSERT_TRUE(storage->ledger().append({rotation(2, second, third)}).ok());
    }
    auto storage = Storage::open(path).value();
    const auto known = storage->fleet().agent(agent).value().value();
    EXPECT_EQ(known.record_key, third.public_key());
    EXPECT_EQ(known.record_key_since, start + std::chrono::seconds(2));
    ASSERT_EQ(known.former_keys.size(), 2U);
    EXPECT_EQ(known.key_of(1), first.public_key());
    EXPECT_EQ(known.key_of(2), second.public_key());
    EXPECT_EQ(known.key_of(3), third.public_key());
}

}  // namespace
}  // namespace signalbox::storage
