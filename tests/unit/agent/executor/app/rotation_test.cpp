// SPDX-License-Identifier: Apache-2.0
// signalbox-executor rotate-key, against the real program: also killed between any two of its steps.
#include <gtest/gtest.h>

#include "tests/support/executor/receipts.hpp"

namespace signalbox::executor {
namespace {

class RotateKey : public ::testing::Test {
  protected:
    int rotate() { return executor.run({"rotate-key", "--state", executor.state()}); }
    std::vector<record::ActionRecord> waiting() {
        std::vector<record::ActionRecord> out;
        const auto rows = executor.client->records(0, 100).value();
        for (const auto& row : rows)
            out.push_back(record::parse_action_record(record::open(row.envelope)->envelope.payload).value());
        return out;
    }
    LiveExecutor executor;
};

TEST_F(RotateKey, needs_an_enrolled_host_whose_executor_is_stopped) {
    EXPECT_NE(rotate(), 0) << "there is no state";
    ASSERT_EQ(executor.init(), 0);
    EXPECT_NE(rotate(), 0) << "nobody knows its key yet";
    executor.start();
    executor.enrol();
    EXPECT_NE(rotate(), 0) << "it runs";
    executor.stop(SIGTERM);
    EXPECT_EQ(rotate(), 0);
}

TEST_F(RotateKey, the_old_key_names_the_new_one_which_signs_from_then_on) {
    executor.init_start_enrol();
    const crypto::PublicKey old = executor.deployment.record_key;
    executor.stop(SIGTERM);
    ASSERT_EQ(rotate(), 0);
    executor.start();
    const crypto::PublicKey now = executor.deployment.record_key;
    EXPECT_NE(now, old);
    const auto records = waiting();
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[1].kind, record::Kind::key_rotated);
    EXPECT_EQ(record::rotated_to(records[1], old).value(), now);

    // Receipts for records of either key; what waits for one is told to a controller that may not know.
    executor.add_script("step", "true");
    ASSERT_EQ(executor.execute("step"), "admitted") << "a token for the new key";
    ASSERT_EQ(executor.outcome("step"), "ok");
    const auto csr = crypto::sha256("csr");
    EXPECT_EQ(executor.client->prove_return("1.a.b", csr)->key_changes.size(), 1U);
    merkle::MemoryTree tree;
    ipc::ReceiptsRequest request;
    const auto rows = executor.client->records(0, 100).value();
    ASSERT_EQ(rows.size(), 4U);
    for (const auto& row : rows)
        tree.append(merkle::leaf_hash(record::ledger_leaf(row.envelope, row.seq <= 2 ? old : now)));
    for (const auto& row : rows) {
        const auto index = static_cast<std::uint64_t>(row.seq - 1);
        request.items.push_back(
            {row.seq, row.seq - 1, merkle::inclusion_proof(index, tree.size(), tree.reader()).value()});
    }
    request.checkpoint = merkle::sign_checkpoint({merkle::origin_of("demo"), tree.size(), tree.root()},
                                                 executor.deployment.trust.ledger);
    const auto acked = executor.client->receipts(request);
    ASSERT_TRUE(acked.ok()) << acked.error().to_string();
    EXPECT_EQ(*acked, 4);
    EXPECT_TRUE(executor.client->prove_return("1.a.b", csr)->key_changes.empty());
}

TEST_F(RotateKey, a_token_for_the_old_key_is_refused) {
    executor.add_script("step", "true");
    executor.init_start_enrol();
    const crypto::PublicKey old = executor.deployment.record_key;
    executor.stop(SIGTERM);
    ASSERT_EQ(rotate(), 0);
    executor.start();
    executor.deployment.record_key = old;
    EXPECT_EQ(executor.execute("step"), "R_SIG");
}

TEST_F(RotateKey, the_old_file_put_back_is_noticed) {
    executor.init_start_enrol();
    executor.stop(SIGTERM);
    const std::string file = executor.state() + "/record.key";
    const std::string old = LiveExecutor::read(file);
    ASSERT_EQ(rotate(), 0);
    std::ofstream(file) << old;
    EXPECT_NE(executor.run({"--state", executor.state(), "--socket", executor.socket(), "--services-root",
                            executor.root()}),
              0);
    EXPECT_NE(rotate(), 0);
}

}  // namespace
}  // namespace signalbox::executor
