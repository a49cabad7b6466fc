// SPDX-License-Identifier: Apache-2.0
// Full disks, tampering, mistakes: a clear error, and the old state.
#include <gmock/gmock.h>

#include <filesystem>

#include "controller/ledger/ledger.hpp"
#include "tests/fakes/manual_strand.hpp"
#include "tests/unit/controller/storage/store_fixture.hpp"

namespace signalbox::storage {
namespace {

using ::testing::HasSubstr;

class FaultTest : public ::testing::Test {
  protected:
    void SetUp() override { storage_ = Storage::open(path_).value(); }
    Status commit(const dispatch::Commit& commit) { return storage_->releases().commit(commit); }

    os::TempDirectory directory_ = os::TempDirectory::make().value();
    std::string path_ = directory_.file("store.sqlite3");
    std::unique_ptr<Storage> storage_;
};

TEST_F(FaultTest, AFullDiskRefusesTheCommitNamesItselfAndKeepsWhatWasThere) {
    ASSERT_TRUE(commit(commit_number(1)).ok());
    ASSERT_TRUE(storage_->database().execute("PRAGMA max_page_count=60").ok());
    const Status full = commit(commit_number(2, 4 << 20));
    ASSERT_FALSE(full.ok());
    EXPECT_EQ(full.error().code(), Code::unavailable);
    EXPECT_THAT(full.error().message(), HasSubstr(path_));
    EXPECT_THAT(full.error().remedy(), HasSubstr("Free space"));
    EXPECT_EQ(whole_commits(*storage_), 1);
    ASSERT_TRUE(storage_->database().execute("PRAGMA max_page_count=1000000").ok());
    EXPECT_TRUE(commit(commit_number(2, 4 << 20)).ok()) << "and goes on when there is room";
    EXPECT_EQ(whole_commits(*storage_), 2);
}

TEST_F(FaultTest, AnErrorInTheLedgerUndoesTheStateAndOneInTheStateTheLedger) {
    ASSERT_TRUE(commit(commit_number(1)).ok());
    int appended = 0;
    storage_->on_append([&] { ++appended; });
    auto wrong_hash = commit_number(2);
    wrong_hash.entries[1].leaf_hash = merkle::leaf_hash("another");
    EXPECT_EQ(commit(wrong_hash).error().code(), Code::internal);
    auto wrong_state = commit_number(2);
    wrong_state.changed = {{}};
    wrong_state.changed[0].id = ReleaseId("never created");
    EXPECT_EQ(commit(wrong_state).error().code(), Code::not_found);
    auto other_document = commit_number(2);
    other_document.approvals = {{ReleaseId("web-1.0.0-1"), "production", "other payload", "envelope"}};
    EXPECT_EQ(commit(other_document).error().code(), Code::conflict) << "what people sign never changes";
    EXPECT_EQ(whole_commits(*storage_), 1);
    EXPECT_EQ(appended, 0);
    ASSERT_TRUE(commit(commit_number(2)).ok());
    EXPECT_EQ(appended, 1);
}

TEST_F(FaultTest, TheDatabaseItselfRefusesToChangeOrRemoveWhatTheLedgerHolds) {
    ASSERT_TRUE(commit(commit_number(1)).ok());
    ASSERT_TRUE(storage_->database().run("INSERT INTO checkpoints VALUES (0, zeroblob(32), 'x')").ok());
    for (const char* sql : {"UPDATE entries SET envelope = 'x' WHERE idx = 0", "DELETE FROM entries",
                            "UPDATE nodes SET hash = zeroblob(32)", "DELETE FROM nodes",
                            "UPDATE checkpoints SET note = 'y'", "DELETE FROM checkpoints"}) {
        const Status refused = storage_->database().execute(sql);
        ASSERT_FALSE(refused.ok()) << sql;
        EXPECT_THAT(refused.error().message(), HasSubstr("is never")) << sql;
    }
    EXPECT_EQ(whole_commits(*storage_), 1);
}

TEST_F(FaultTest, ALedgerThatWasChangedBehindOurBackIsNotOpened) {
    const auto key = crypto::SigningKey::generate();
    fakes::ManualClock clock;
    fakes::ManualStrand strand(clock);
    {
        ledger::Ledger ledger(ClusterId("demo"), key, storage_->ledger(), strand, clock);
        ASSERT_TRUE(ledger.open().ok());
        storage_->on_append([&] { ledger.appended(); });
        for (int n = 1; n <= 5; ++n) ASSERT_TRUE(commit(commit_number(n)).ok());
        strand.advance(ledger::Ledger::kGroup);
        EXPECT_EQ(ledger.latest().checkpoint.size, 10U) << "appended by another store, covered all the same";
        storage_->on_append({});
    }
    {
        ledger::Ledger ledger(ClusterId("demo"), key, storage_->ledger(), strand, clock);
        ASSERT_TRUE(ledger.open().ok());
    }
    ASSERT_TRUE(storage_->database()
                    .execute("DROP TRIGGER nodes_stay; UPDATE nodes SET hash = zeroblob(32) WHERE level = 3")
                    .ok());
    ledger::Ledger ledger(ClusterId("demo"), key, storage_->ledger(), strand, clock);
    const Status refused = ledger.open();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), Code::data_loss);
    EXPECT_THAT(refused.error().remedy(), HasSubstr("restore"));
}

TEST_F(FaultTest, RolesAndStatesThatThisVersionDoesNotKnowAreAnErrorNotADefault) {
    ASSERT_TRUE(storage_->database()
                    .execute("INSERT INTO api_keys(id, name, roles, secret_sha256, created, approver_kid)"
                             " VALUES ('a', 'n', '[\"emperor\"]', zeroblob(32), 0, '')")
                    .ok());
    const auto key = storage_->access().find("a");
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().code(), Code::data_loss);
    EXPECT_THAT(key.error().message(), HasSubstr("API key a"));
    ASSERT_TRUE(storage_->database()
                    .execute("INSERT INTO agents(id, host, environment, site, labels, state, state_reason, "
                             "record_key, enrolled) VALUES ('g', 'h', 'e', 's', '{}', 'asleep', '', 'k', 0)")
                    .ok());
    EXPECT_EQ(storage_->fleet().agent(AgentId("g")).error().code(), Code::data_loss);
}

TEST_F(FaultTest, ABackupTakenInUseIsAWholeStore) {
    for (int n = 1; n <= 3; ++n) ASSERT_TRUE(commit(commit_number(n)).ok());
    const std::string copy = directory_.file("copy.sqlite3");
    ASSERT_TRUE(storage_->backup_to(copy).ok());
    ASSERT_TRUE(commit(commit_number(4)).ok());
    auto restored = Storage::open(copy);
    ASSERT_TRUE(restored.ok());
    EXPECT_EQ(whole_commits(**restored), 3);
}

}  // namespace
}  // namespace signalbox::storage
