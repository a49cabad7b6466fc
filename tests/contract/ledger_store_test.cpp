// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/ledger_store.hpp"
#include "tests/contract/backends.hpp"

namespace signalbox::contract {
namespace {

struct SqliteBackend : SqliteStorage {
    ledger::LedgerStore& store() { return storage().ledger(); }
};

template <class Backend>
class LedgerStoreContract : public ::testing::Test {
  protected:
    ledger::LedgerStore& store() { return backend_.store(); }
    std::vector<std::uint64_t> indexes(const ledger::EntryQuery& query) {
        std::vector<std::uint64_t> found;
        const auto entries = store().entries(query).value();
        for (const auto& entry : entries) found.push_back(entry.index);
        return found;
    }
    Backend backend_;
};
using Backends = ::testing::Types<FakeBackend<fakes::LedgerStore>, SqliteBackend>;
TYPED_TEST_SUITE(LedgerStoreContract, Backends);

using Indexes = std::vector<std::uint64_t>;

TYPED_TEST(LedgerStoreContract, KeepsEntriesInOrderByteForByteAndGrowsTheTree) {
    auto with_output = heartbeat("a", 1);
    with_output.out = std::string("out\0\xff", 5);
    with_output.err = "";
    EXPECT_EQ(this->store().append({decision("one"), with_output}).value(), 0U);
    EXPECT_EQ(this->store().append({decision("two"), heartbeat("b", 1), heartbeat("a", 2)}).value(), 2U);
    EXPECT_EQ(this->store().append({}).value(), 5U);
    this->backend_.reopen();
    ASSERT_EQ(this->store().size().value(), 5U);

    const auto all = this->store().entries({.with_output = true}).value();
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[1].entry.envelope, with_output.envelope);
    EXPECT_EQ(all[1].entry.leaf, with_output.leaf);
    EXPECT_EQ(all[1].entry.leaf_hash, with_output.leaf_hash);
    EXPECT_EQ(all[1].entry.payload_sha256, with_output.payload_sha256);
    EXPECT_EQ(all[1].entry.kind, "action:heartbeat");
    EXPECT_EQ(all[1].entry.agent, AgentId("a"));
    EXPECT_EQ(all[1].entry.seq, 1);
    EXPECT_EQ(all[1].entry.out, with_output.out);
    EXPECT_EQ(all[1].entry.err, "");
    EXPECT_EQ(all[0].entry.out, std::nullopt);
    EXPECT_EQ(this->store().entries({}).value()[1].entry.out, std::nullopt) << "only when asked for";
    EXPECT_EQ(this->store().output(crypto::sha256(*with_output.out)).value(), with_output.out);
    EXPECT_FALSE(this->store().output(crypto::sha256("never sent")).value().has_value());

    merkle::MemoryTree tree;
    for (const auto& entry : all) tree.append(entry.entry.leaf_hash);
    const auto read = [this](unsigned level, std::uint64_t index) {
        return this->store().node(level, index);
    };
    EXPECT_EQ(merkle::root(5, read).value(), tree.root());
    EXPECT_FALSE(this->store().node(0, 5).ok());
}

TYPED_TEST(LedgerStoreContract, FindsByRangeAgentAndKindInEitherDirection) {
    ASSERT_TRUE(this->store()
                    .append({heartbeat("a", 1), decision("x"), heartbeat("b", 1), heartbeat("a", 2),
                             decision("x"), heartbeat("a", 3)})
                    .ok());
    EXPECT_EQ(this->indexes({}), (Indexes{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(this->indexes({.from = 2, .before = 5}), (Indexes{2, 3, 4}));
    EXPECT_EQ(this->indexes({.from = 4, .limit = 1}), (Indexes{4}));
    EXPECT_EQ(this->indexes({.limit = 2, .newest_first = true}), (Indexes{5, 4}));
    EXPECT_EQ(this->indexes({.before = 4, .limit = 2, .newest_first = true}), (Indexes{3, 2}));
    EXPECT_EQ(this->indexes({.agent = AgentId("a"), .after_seq = 1}), (Indexes{3, 5}));
    EXPECT_EQ(this->indexes({.before = 5, .agent = AgentId("a")}), (Indexes{0, 3}));
    EXPECT_EQ(this->indexes({.kind = "decision:x"}), (Indexes{1, 4}));
    EXPECT_EQ(this->indexes({.from = ~0ULL}), Indexes{});
    const auto tail = this->store().agent_tail(AgentId("a")).value();
    ASSERT_TRUE(tail.has_value());
    EXPECT_EQ(tail->seq, 3);
    EXPECT_EQ(tail->index, 5U);
    EXPECT_EQ(tail->payload_sha256, heartbeat("a", 3).payload_sha256);
    EXPECT_FALSE(this->store().agent_tail(AgentId("c")).value().has_value());
}

TYPED_TEST(LedgerStoreContract, TakesEachRecordOnceAndABatchWholeOrNotAtAll) {
    ASSERT_TRUE(this->store().append({heartbeat("a", 1)}).ok());
    const auto again = this->store().append({decision("x"), heartbeat("a", 2), heartbeat("a", 1)});
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code(), Code::conflict);
    EXPECT_EQ(this->store().append({heartbeat("b", 7), heartbeat("b", 7)}).error().code(), Code::conflict);
    EXPECT_EQ(this->store().size().value(), 1U);
    EXPECT_EQ(this->store().append({heartbeat("a", 2)}).value(), 1U);
}

TYPED_TEST(LedgerStoreContract, KeepsTheNewestCheckpointAndNeverTwoRootsForOneSize) {
    EXPECT_FALSE(this->store().latest_checkpoint().value().has_value());
    const auto checkpoint = [](std::uint64_t size, std::string_view root) {
        return ledger::SignedCheckpoint{{"signalbox.dev/demo", size, crypto::sha256(root)},
                                        "signalbox.dev/demo\nnote of " + std::string(root)};
    };
    ASSERT_TRUE(this->store().save_checkpoint(checkpoint(3, "a")).ok());
    ASSERT_TRUE(this->store().save_checkpoint(checkpoint(0, "empty")).ok());
    ASSERT_TRUE(this->store().save_checkpoint(checkpoint(3, "a")).ok());
    EXPECT_EQ(this->store().save_checkpoint(checkpoint(3, "b")).error().code(), Code::conflict);
    this->backend_.reopen();
    const auto latest = this->store().latest_checkpoint().value();
    ASSERT_TRUE(latest.has_value());
    EXPECT_EQ(latest->checkpoint, checkpoint(3, "a").checkpoint);
    EXPECT_EQ(latest->note, checkpoint(3, "a").note);
}

}  // namespace
}  // namespace signalbox::contract
