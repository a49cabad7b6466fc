// SPDX-License-Identifier: Apache-2.0
#include "controller/ledger/ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/dsse/dsse.hpp"
#include "tests/fakes/ledger_store.hpp"
#include "tests/fakes/manual_strand.hpp"

namespace signalbox::ledger {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class LedgerTest : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(ledger_.open().ok());
        ledger_.on_checkpoint([this](const SignedCheckpoint& c) { made_.push_back(c.checkpoint.size); });
    }
    PendingEntry record(const std::string& agent, std::int64_t seq) {
        record::ActionRecord action;
        action.cluster_id = ClusterId("demo");
        action.agent_id = AgentId(agent);
        action.boot_id = "boot";
        action.seq = seq;
        action.kind = record::Kind::heartbeat;
        action.time_wall = clock_.now();
        return Sealer::record(record::seal(action, record_key_), action, record_key_.public_key()).value();
    }
    Result<std::uint64_t> append(int count) {
        std::vector<PendingEntry> entries;
        for (int i = 0; i < count; ++i)
            entries.push_back(ledger_.sealer().decision("release_event", {{"n", i}}, clock_.now()));
        return ledger_.append(entries);
    }
    merkle::Checkpoint verified(const SignedCheckpoint& c) {
        return merkle::verify_checkpoint(c.note, "signalbox.dev/demo", key_.public_key()).value();
    }

    crypto::SigningKey key_ = crypto::SigningKey::generate();
    crypto::SigningKey record_key_ = crypto::SigningKey::generate();
    fakes::ManualClock clock_;
    fakes::ManualStrand strand_{clock_};
    fakes::LedgerStore store_;
    Ledger ledger_{ClusterId("demo"), key_, store_, strand_, clock_};
    std::vector<std::uint64_t> made_;
};

TEST_F(LedgerTest, OneCheckpointCoversAGroupAndComesWithinAFifthOfASecond) {
    EXPECT_EQ(ledger_.latest().checkpoint.size, 0U) << "an empty ledger has one too";
    ASSERT_TRUE(append(3).ok());
    strand_.advance(milliseconds(150));
    ASSERT_TRUE(append(2).ok());
    EXPECT_TRUE(made_.empty());
    strand_.advance(milliseconds(50));
    EXPECT_EQ(made_, std::vector<std::uint64_t>{5});
    const auto checkpoint = verified(ledger_.latest());
    merkle::MemoryTree tree;
    for (const auto& entry : store_.raw()) tree.append(merkle::leaf_hash(entry.leaf));
    EXPECT_EQ(checkpoint.root, tree.root());
    strand_.advance(seconds(3600));
    EXPECT_EQ(made_.size(), 1U) << "nothing new, nothing signed";
}

TEST_F(LedgerTest, EntriesOfOtherStoresAreCoveredWhenTheySaySo) {
    ASSERT_TRUE(
        store_.append({ledger_.sealer().decision("approval_received", {{"n", 1}}, clock_.now())}).ok());
    ledger_.appended();
    strand_.advance(Ledger::kGroup);
    EXPECT_EQ(made_, std::vector<std::uint64_t>{1});
}

TEST_F(LedgerTest, AFullDiskIsReportedAndTheCheckpointFollowsWhenThereIsRoom) {
    std::vector<std::string> trouble;
    ledger_.on_trouble([&](const Error& error) { trouble.push_back(error.message()); });
    ASSERT_TRUE(append(1).ok());
    store_.failure = Error(Code::resource_exhausted, "disk is full");
    strand_.advance(milliseconds(200));
    EXPECT_EQ(append(1).error().code(), Code::resource_exhausted);
    EXPECT_EQ(trouble, std::vector<std::string>{"disk is full"});
    EXPECT_EQ(ledger_.latest().checkpoint.size, 0U);
    store_.failure.reset();
    strand_.advance(Ledger::kRetry);
    EXPECT_EQ(made_, std::vector<std::uint64_t>{1});
}

TEST_F(LedgerTest, AnAgentGetsProofsThatItCanVerifyAgainstItsPin) {
    ASSERT_TRUE(append(4).ok());
    ASSERT_TRUE(ledger_.append({record("a", 1), record("b", 1), record("a", 2)}).ok());
    const auto pin = ledger_.checkpoint_now().value();
    ASSERT_TRUE(ledger_.append({record("a", 3), record("b", 2)}).ok());
    ASSERT_TRUE(append(3).ok());
    ASSERT_TRUE(ledger_.checkpoint_now().ok());
    ASSERT_TRUE(ledger_.append({record("a", 4)}).ok());  // not covered yet

    const auto receipts = ledger_.receipts(AgentId("a"), 1, pin.checkpoint.size);
    ASSERT_TRUE(receipts.ok());
    const auto now = verified(receipts->checkpoint);
    EXPECT_EQ(now.size, 12U);
    EXPECT_TRUE(
        merkle::verify_consistency(7, pin.checkpoint.root, now.size, now.root, receipts->consistency));
    ASSERT_EQ(receipts->receipts.size(), 2U);
    EXPECT_EQ(receipts->receipts[0].seq, 2);
    EXPECT_EQ(receipts->receipts[1].seq, 3);
    for (const auto& receipt : receipts->receipts)
        EXPECT_TRUE(merkle::verify_inclusion(store_.raw()[receipt.index].leaf_hash, receipt.index, now.size,
                                             receipt.proof, now.root));
    EXPECT_EQ(ledger_.agent_tail(AgentId("a")).value()->seq, 4);
    EXPECT_FALSE(ledger_.agent_tail(AgentId("nobody")).value().has_value());
    EXPECT_TRUE(ledger_.receipts(AgentId("a"), 0, 0)->consistency.empty());

    const auto ahead = ledger_.receipts(AgentId("a"), 0, 13);
    ASSERT_FALSE(ahead.ok());
    EXPECT_EQ(ahead.error().code(), Code::failed_precondition);
    EXPECT_THAT(ahead.error().remedy(), HasSubstr("restore"));
}

TEST_F(LedgerTest, OpeningAgainCoversWhatTheLastRunLeftOpen) {
    ASSERT_TRUE(append(3).ok());
    ASSERT_TRUE(ledger_.checkpoint_now().ok());
    ASSERT_TRUE(append(2).ok());
    Ledger again(ClusterId("demo"), key_, store_, strand_, clock_);
    ASSERT_TRUE(again.open().ok());
    EXPECT_EQ(verified(again.latest()).size, 5U);
}

TEST_F(LedgerTest, OpeningRefusesALedgerThatWasCutChangedOrIsAnothers) {
    ASSERT_TRUE(append(3).ok());
    const auto good = ledger_.checkpoint_now().value();
    const auto opened = [&](LedgerStore& store, const crypto::SigningKey& key) {
        return Ledger(ClusterId("demo"), key, store, strand_, clock_).open();
    };
    fakes::LedgerStore cut;
    ASSERT_TRUE(cut.append({store_.raw()[0], store_.raw()[1]}).ok());
    ASSERT_TRUE(cut.save_checkpoint(good).ok());
    EXPECT_EQ(opened(cut, key_).error().code(), Code::data_loss);

    fakes::LedgerStore swapped;
    ASSERT_TRUE(swapped.append({store_.raw()[0], store_.raw()[2], store_.raw()[1]}).ok());
    ASSERT_TRUE(swapped.save_checkpoint(good).ok());
    const Status refused = opened(swapped, key_);
    EXPECT_EQ(refused.error().code(), Code::data_loss);
    EXPECT_THAT(refused.error().message(), HasSubstr("do not have the root"));

    EXPECT_FALSE(opened(store_, record_key_).ok()) << "signed by another key";
    EXPECT_TRUE(opened(store_, key_).ok());
}

TEST_F(LedgerTest, ADecisionIsSealedSoThatItVerifiesAndSaysItsKind) {
    const PendingEntry entry = ledger_.sealer().decision("token_minted", {{"jti", "x"}}, clock_.now());
    const auto opened = record::open(entry.envelope).value();
    EXPECT_TRUE(dsse::signed_by(opened.envelope, key_.public_key()));
    EXPECT_EQ(entry.payload_sha256, crypto::sha256(opened.envelope.payload));
    EXPECT_EQ(record::parse_decision(opened.envelope.payload)->kind, "token_minted");
    EXPECT_EQ(entry.kind, "decision:token_minted");
    EXPECT_EQ(entry.leaf_hash, merkle::leaf_hash(entry.leaf));
    EXPECT_EQ(record("a", 9).kind, "action:heartbeat");
    EXPECT_FALSE(Sealer::record("nonsense", {}, key_.public_key()).ok());
}

TEST_F(LedgerTest, WhileItsKeyIsChangedBothSignAndEitherReaderIsServed) {
    const auto next = crypto::SigningKey::generate();
    const auto reads = [](const SignedCheckpoint& c, const crypto::SigningKey& key) {
        return merkle::verify_checkpoint(c.note, "signalbox.dev/demo", key.public_key()).ok();
    };
    ledger_.use_keys(key_, {&next});
    ASSERT_TRUE(append(1).ok());
    const auto both = ledger_.checkpoint_now().value();
    EXPECT_TRUE(reads(both, key_));
    EXPECT_TRUE(reads(both, next));
    ledger_.use_keys(next, {});
    ASSERT_TRUE(append(1).ok());
    const auto later = ledger_.checkpoint_now().value();
    EXPECT_FALSE(reads(later, key_));
    EXPECT_TRUE(reads(later, next));
    EXPECT_EQ(ledger_.key(), next.public_key());
    const auto entry = store_.raw().back();
    EXPECT_TRUE(dsse::signed_by(record::open(entry.envelope)->envelope, next.public_key()));
    // After a restart in the middle, the newest checkpoint may be of a key that does not sign any more.
    Ledger again(ClusterId("demo"), key_, store_, strand_, clock_);
    EXPECT_FALSE(again.open().ok());
    Ledger knows(ClusterId("demo"), key_, store_, strand_, clock_);
    EXPECT_TRUE(knows.open({next.public_key()}).ok());
}

}  // namespace
}  // namespace signalbox::ledger
