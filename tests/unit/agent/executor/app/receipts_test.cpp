// SPDX-License-Identifier: Apache-2.0
// Row 35 of the attack table: a record leaves only when the ledger is proven to hold it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/executor/receipts.hpp"

namespace signalbox::executor {
namespace {

using ::testing::HasSubstr;

class Receipts : public ::testing::Test {
  protected:
    void SetUp() override {
        executor.add_script("step", "true");
        executor.init_start_enrol();
        ASSERT_EQ(executor.execute("step"), "admitted");
        ASSERT_EQ(executor.outcome("step"), "ok");
        ledger.emplace(executor);
    }
    // For records 1..3, which are entries 1..3.
    ipc::ReceiptsRequest good() const { return ledger->receipts(); }
    std::size_t waiting() { return executor.client->records(0, 100)->size(); }

    LiveExecutor executor;
    std::optional<LedgerOf> ledger;
};

TEST_F(Receipts, proven_records_leave_and_the_checkpoint_is_pinned_and_seen) {
    const auto acked = executor.client->receipts(good());
    ASSERT_TRUE(acked.ok()) << acked.error().to_string();
    EXPECT_EQ(*acked, 3);
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(executor.client->hello()->pinned->size, 4);
    EXPECT_EQ(executor.client->hello()->oldest_seq, 4);
    EXPECT_TRUE(executor.client->receipts(good()).ok());  // the same again
    EXPECT_EQ(executor.execute("step"), "R_DONE");
    const auto row = executor.client->records(0, 1).value();
    const auto record =
        record::parse_action_record(record::open(row.at(0).envelope)->envelope.payload).value();
    EXPECT_EQ(record.seq, 4);
    EXPECT_EQ(record.seen_checkpoint->root, ledger->tree.root());
}

TEST_F(Receipts, attack_35_wrong_proofs_keep_every_record) {
    auto wrong = good();
    wrong.items[1].proof = wrong.items[2].proof;
    EXPECT_EQ(executor.client->receipts(wrong).error().code(), Code::refused);
    wrong = good();
    wrong.items[0].index = 2;  // another leaf's
    EXPECT_FALSE(executor.client->receipts(wrong).ok());
    wrong = good();
    wrong.items[2].proof.clear();
    EXPECT_FALSE(executor.client->receipts(wrong).ok());
    wrong = good();
    wrong.checkpoint = merkle::sign_checkpoint(
        {merkle::origin_of("demo"), ledger->tree.size(), ledger->tree.root()}, executor.deployment.trust.ann);
    EXPECT_FALSE(executor.client->receipts(wrong).ok());
    EXPECT_FALSE(executor.client->hello()->pinned.has_value());
    EXPECT_GE(waiting(), 3U);
    EXPECT_THAT(executor.story(), HasSubstr("enrolled started finished:ok observed:checkpoint_refused"));
}

TEST_F(Receipts, attack_36_a_forked_or_shortened_ledger_is_noticed_and_recorded) {
    ASSERT_TRUE(executor.client->receipts(good()).ok());
    merkle::MemoryTree fork;
    for (int i = 0; i < 6; ++i) fork.append(merkle::leaf_hash("forged"));
    ipc::ReceiptsRequest request;
    request.checkpoint = ledger->note(fork);
    request.consistency = merkle::consistency_proof(4, 6, fork.reader()).value();
    EXPECT_THAT(executor.client->receipts(request).error().message(), HasSubstr("does not extend"));
    merkle::MemoryTree shorter;
    shorter.append(merkle::leaf_hash("somebody else's entry"));
    request.checkpoint = ledger->note(shorter);
    EXPECT_THAT(executor.client->receipts(request).error().message(), HasSubstr("had 4 already"));
    EXPECT_THAT(executor.story(), HasSubstr("observed:ledger_forked observed:ledger_forked"));
    EXPECT_EQ(executor.client->hello()->pinned->size, 4) << "the pin stays";
    ledger->tree.append(merkle::leaf_hash("next"));
    request.checkpoint = ledger->note(ledger->tree);
    request.consistency = merkle::consistency_proof(4, 5, ledger->tree.reader()).value();
    EXPECT_TRUE(executor.client->receipts(request).ok());
    EXPECT_EQ(executor.client->hello()->pinned->size, 5);
}

}  // namespace
}  // namespace signalbox::executor
