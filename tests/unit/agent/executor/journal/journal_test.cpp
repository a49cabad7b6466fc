// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/journal/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/os/temp_directory.hpp"
#include "tests/support/executor/deployment_fixture.hpp"

namespace signalbox::journal {
namespace {

using ::testing::HasSubstr;

class JournalTest : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(
            Journal::create(path, {ClusterId{"demo"}, "production", "web-1", crypto::sha256("t"), {}, {}})
                .ok());
        reopen();
        ASSERT_TRUE(
            journal->install_identity(deployment.agent, "trust", record(record::Kind::enrolled), key).ok());
    }
    void reopen() {
        journal.reset();
        auto opened = Journal::open(path);
        ASSERT_TRUE(opened.ok()) << opened.error().to_string();
        journal = *std::move(opened);
    }
    record::ActionRecord record(record::Kind kind) const {
        record::ActionRecord out;
        out.cluster_id = ClusterId{"demo"};
        out.agent_id = deployment.agent;
        out.boot_id = "boot";
        out.time_wall = deployment.now;
        out.kind = kind;
        return out;
    }
    admission::Verified verified(const std::string& step, int jti, std::int64_t counter = 7) {
        deployment.approval.release_counter = counter;
        if (deployment.approval.find(StepId{step}) == nullptr)
            deployment.add_step(
                step,
                {{"kind", "command.run"}, {"service", "web"}, {"deadline_s", 9}, {"argv", {"/bin/true"}}}, {},
                2);
        const std::string token = deployment.token(step, jti);
        auto verdict = admission::verify({deployment.trust.file,
                                          ClusterId{"demo"},
                                          deployment.agent,
                                          "production",
                                          deployment.host_name,
                                          deployment.record_key.id(),
                                          deployment.nonce,
                                          {}},
                                         {token, deployment.actions.at(step), deployment.approval_text(), 0},
                                         deployment.now);
        return std::get<admission::Verified>(std::move(verdict));
    }
    std::string start(const admission::Verified& v) {
        const auto answer = journal->start_step(v, deployment.now, record(record::Kind::started), key);
        if (!answer) return answer.error().to_string();
        return *answer ? std::string(name_of((*answer)->code)) : "started";
    }

    os::TempDirectory folder = std::move(os::TempDirectory::make()).value();
    std::string path = folder.file("journal.sqlite3");
    crypto::SigningKey key = fakes::test_key(20);
    support::DeploymentFixture deployment;
    std::unique_ptr<Journal> journal;
};

TEST_F(JournalTest, what_returned_is_there_after_reopening) {
    const auto step = verified("step", 1);
    EXPECT_EQ(start(step), "started");
    reopen();
    EXPECT_EQ(start(step), "R_REPLAY");
    EXPECT_EQ(start(verified("step", 2)), "R_BUSY");
    const auto unfinished = journal->unfinished();
    ASSERT_EQ(unfinished->size(), 1U);
    EXPECT_EQ(unfinished->front().jti, support::DeploymentFixture::jti(1));
    ASSERT_TRUE(journal
                    ->finish_step(step.claims.apr, StepId{"step"}, false, "{}",
                                  record(record::Kind::finished), {"out", "err"}, key)
                    .ok());
    EXPECT_EQ(start(verified("step", 3)), "started");
    EXPECT_EQ(journal->step(step.claims.apr, StepId{"step"})->attempts, 2);
    const auto rows = journal->outbox(0, 100, 1 << 20);
    ASSERT_EQ(rows->size(), 4U);
    EXPECT_EQ(rows->at(2).out, "out");
    EXPECT_EQ(journal->progress()->time_floor, deployment.now);
}

TEST_F(JournalTest, a_refusal_uses_nothing_up) {
    EXPECT_EQ(start(verified("new", 1, 9)), "started");
    EXPECT_EQ(start(verified("old", 2, 8)), "R_ROLLBACK");
    EXPECT_EQ(start(verified("old", 2, 9)), "started");  // the token was not used up by the refusal
}

TEST_F(JournalTest, records_form_one_chain) {
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(journal->append(record(record::Kind::observed), key).ok());
    crypto::Digest prev;
    std::int64_t seq = 1;
    const auto rows = journal->outbox(0, 100, 1 << 20);
    ASSERT_TRUE(rows.ok());
    for (const auto& row : *rows) {
        const auto payload = record::open(row.envelope)->envelope.payload;
        const auto parsed = record::parse_action_record(payload);
        EXPECT_EQ(parsed->seq, seq++);
        EXPECT_EQ(parsed->prev, prev);
        prev = crypto::sha256(payload);
    }
    EXPECT_EQ(seq, 5);
}

TEST_F(JournalTest, an_identity_is_installed_once) {
    const auto again = journal->install_identity(AgentId{"x"}, "other", record(record::Kind::enrolled), key);
    EXPECT_EQ(again.error().code(), Code::failed_precondition);
    EXPECT_EQ(journal->progress()->next_seq, 2);
}

TEST_F(JournalTest, the_way_back_is_kept_with_the_step) {
    const auto step = verified("step", 1);
    EXPECT_EQ(start(step), "started");
    EXPECT_FALSE(journal->switch_of(step.claims.apr, StepId{"step"})->has_value());
    ASSERT_TRUE(journal->remember_switch(step.claims.apr, StepId{"step"}, {std::nullopt, "new"}).ok());
    reopen();
    const auto found = journal->switch_of(step.claims.apr, StepId{"step"});
    EXPECT_FALSE((*found)->before.has_value());
    EXPECT_EQ((*found)->after, "new");
    EXPECT_FALSE(journal->remember_switch(step.claims.apr, StepId{"unheard"}, {"a", "b"}).ok());
}

TEST_F(JournalTest, never_made_over_or_out_of_nothing) {
    EXPECT_EQ(Journal::create(path, {ClusterId{"other"}, "x", "y", {}, {}, {}}).error().code(),
              Code::already_exists);
    EXPECT_EQ(journal->identity()->cluster_id, ClusterId{"demo"});
    EXPECT_EQ(Journal::open(folder.file("nothing")).error().code(), Code::not_found);
    EXPECT_FALSE(std::filesystem::exists(folder.file("nothing")));
}

// As if so many records waited; between the first and the last of them no row is looked at.
TEST_F(JournalTest, a_full_outbox_keeps_room_for_what_has_ended) {
    const auto step = verified("step", 1);
    ASSERT_EQ(start(step), "started");
    auto raw = sqlite::Database::open(path, {.create = false, .busy_timeout = {}, .check = false});
    ASSERT_TRUE(raw.ok());
    ASSERT_TRUE(raw->run("UPDATE progress SET next_seq = ?", kMaxOutboxHard).ok());
    EXPECT_TRUE(journal->append(record(record::Kind::refused), key).ok());
    EXPECT_EQ(start(verified("other", 2)), "R_STATE");
    EXPECT_EQ(journal->append(record(record::Kind::refused), key).error().code(), Code::resource_exhausted);
    EXPECT_EQ(journal->append(record(record::Kind::refused), key).error().code(), Code::resource_exhausted);
    const auto interrupted = journal->finish_step(step.claims.apr, StepId{"step"}, false, "{}",
                                                  record(record::Kind::interrupted), {}, key);
    EXPECT_TRUE(interrupted.ok()) << interrupted.error().to_string();
    EXPECT_TRUE(journal->replace_trust("next", record(record::Kind::trust_updated), key).ok());
    std::string kinds;
    const auto rows = journal->outbox(2, 100, 1 << 20);
    ASSERT_TRUE(rows.ok());
    for (const auto& row : *rows)
        kinds += std::string(record::to_string(
                     record::parse_action_record(record::open(row.envelope)->envelope.payload)->kind)) +
                 " ";
    EXPECT_EQ(kinds, "refused spool_full interrupted trust_updated ");
}

}  // namespace
}  // namespace signalbox::journal
