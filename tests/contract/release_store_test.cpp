// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/release_store.hpp"

#include <algorithm>

#include "tests/contract/backends.hpp"

namespace signalbox::contract {
namespace {

struct SqliteBackend : SqliteStorage {
    dispatch::ReleaseStore& store() { return storage().releases(); }
};

template <class Backend>
class ReleaseStoreContract : public ::testing::Test {
  protected:
    dispatch::ReleaseStore& store() { return backend_.store(); }
    static dispatch::NewRelease release(std::int64_t counter) {
        dispatch::NewRelease release;
        release.id = ReleaseId("web-1.0.0-" + std::to_string(counter));
        release.counter = counter;
        release.name = "web";
        release.version = "1.0.0";
        release.services = {"web", "auth"};
        release.plan = "{\"plan\":\"grün\"}";
        release.spec = "{}";
        release.created = from_unix_seconds(1'800'000'000 + counter);
        release.approvals = {{release.id, "staging", "payload s", "unsigned s", "", ""},
                             {release.id, "production", "payload p", "unsigned p", "standing", "statement"}};
        return release;
    }
    static dispatch::ReleaseChange change(std::int64_t counter, bool finished = false) {
        dispatch::ReleaseChange change;
        change.id = release(counter).id;
        change.state = "{\"at\":" + std::to_string(counter) + "}";
        change.status = finished ? "succeeded" : "running";
        change.finished = finished;
        change.revision = 5;
        if (finished) change.finished_at = from_unix_seconds(1'800'001'000);
        return change;
    }
    // Under the lease that was taken last.
    Status commit(dispatch::Commit commit) {
        if (epoch_ == 0) open();
        commit.epoch = epoch_;
        return store().commit(commit);
    }
    dispatch::Opened open() {
        dispatch::Opened opened = store().open().value();
        epoch_ = opened.epoch;
        return opened;
    }
    std::vector<std::int64_t> counters(const std::vector<dispatch::StoredRelease>& releases) {
        std::vector<std::int64_t> all;
        for (const auto& release : releases) all.push_back(release.fixed.counter);
        return all;
    }
    Backend backend_;
    std::int64_t epoch_ = 0;
};
using Backends = ::testing::Types<FakeBackend<fakes::ReleaseStore>, SqliteBackend>;
TYPED_TEST_SUITE(ReleaseStoreContract, Backends);

using Counters = std::vector<std::int64_t>;

TYPED_TEST(ReleaseStoreContract, withdrawals_stay_as_they_came) {
    dispatch::Commit commit;
    const dispatch::StoredWithdrawal first{"aa", "production", "envelope", from_unix_seconds(1'800'000'000)};
    const dispatch::StoredWithdrawal other{"bb", "staging", "other", from_unix_seconds(1'800'000'001)};
    commit.withdrawals = {first, other};
    ASSERT_TRUE(this->commit(commit).ok());
    commit.withdrawals = {{"aa", "production", "another", from_unix_seconds(1'800'000'002)}};
    ASSERT_TRUE(this->commit(commit).ok());
    EXPECT_EQ(this->open().withdrawals, (std::vector{first, other}));
}

TYPED_TEST(ReleaseStoreContract, KeepsAReleaseAsItWasGivenAndItsLatestState) {
    EXPECT_EQ(this->store().next_counter().value(), 1);
    dispatch::Commit made;
    made.created = {this->release(7)};
    made.changed = {this->change(7)};
    made.entries = {decision("release_created")};
    ASSERT_TRUE(this->commit(made).ok());
    EXPECT_EQ(this->store().next_counter().value(), 8);
    dispatch::Commit signed_by_one;
    signed_by_one.approvals = {{this->release(7).id, "production", "payload p", "signed p"}};
    ASSERT_TRUE(this->commit(signed_by_one).ok());
    this->backend_.reopen();
    const auto stored = this->store().load(this->release(7).id).value();
    ASSERT_TRUE(stored.has_value());
    EXPECT_EQ(stored->fixed.plan, this->release(7).plan);
    EXPECT_EQ(stored->fixed.name, "web");
    EXPECT_EQ(stored->fixed.services, (std::vector<std::string>{"web", "auth"}));
    EXPECT_EQ(stored->fixed.created, this->release(7).created);
    ASSERT_EQ(stored->fixed.approvals.size(), 2U);
    EXPECT_EQ(stored->fixed.approvals[0], this->release(7).approvals[0]) << "in path order";
    EXPECT_EQ(stored->fixed.approvals[1].envelope, "signed p");
    EXPECT_EQ(stored->current.state, this->change(7).state);
    EXPECT_EQ(stored->current.status, "running");
    EXPECT_EQ(stored->current.revision, 5U);
    EXPECT_EQ(stored->current.finished_at, std::nullopt);
    EXPECT_FALSE(this->store().load(ReleaseId("other")).value().has_value());
}

TYPED_TEST(ReleaseStoreContract, ListsNewestFirstAndUnfinishedOldestFirst) {
    dispatch::Commit made;
    for (const std::int64_t counter : {2, 10, 9}) made.created.push_back(this->release(counter));
    made.changed = {this->change(9, true), this->change(10), this->change(2)};
    ASSERT_TRUE(this->commit(made).ok());
    EXPECT_EQ(this->counters(this->store().list(2).value()), (Counters{10, 9}));
    EXPECT_EQ(this->counters(this->open().unfinished), (Counters{2, 10}));
    EXPECT_EQ(this->store().load(this->release(9).id).value()->current.finished_at,
              from_unix_seconds(1'800'001'000));
}

TYPED_TEST(ReleaseStoreContract, ATakenCounterOrIdUndoesTheWholeCommit) {
    dispatch::Commit first;
    first.created = {this->release(1)};
    ASSERT_TRUE(this->commit(first).ok());
    dispatch::Commit second;
    second.created = {this->release(2), this->release(1)};
    second.outbox_add = {{"k", "b"}};
    EXPECT_EQ(this->commit(second).error().code(), Code::conflict);
    second.created[1].id = ReleaseId("another");
    EXPECT_EQ(this->commit(second).error().code(), Code::conflict);
    EXPECT_EQ(this->counters(this->store().list(10).value()), Counters{1});
    EXPECT_TRUE(this->open().outbox.empty());
}

TYPED_TEST(ReleaseStoreContract, TheOutboxKeepsItsOrderAndEachKeyOnce) {
    dispatch::Commit add;
    add.outbox_add = {{"b", "1"}, {"a", "2"}, {"b", "again"}};
    ASSERT_TRUE(this->commit(add).ok());
    dispatch::Commit more;
    more.outbox_add = {{"c", "3"}, {"a", "again"}};
    more.outbox_done = {"b", "absent"};
    ASSERT_TRUE(this->commit(more).ok());
    this->backend_.reopen();
    const std::vector<dispatch::OutboxRow> expected{{"a", "2"}, {"c", "3"}};
    EXPECT_EQ(this->open().outbox, expected);
    dispatch::Commit back;
    back.outbox_add = {{"b", "4"}};
    ASSERT_TRUE(this->commit(back).ok());
    EXPECT_EQ(this->open().outbox.back().key, "b") << "added anew, so last";
}

TYPED_TEST(ReleaseStoreContract, PlacementsColoursAndTokensAreReplaced) {
    const ReleaseId release("web-1.0.0-1");
    dispatch::Commit one;
    one.host_placements = {{AgentId("a"), "web", "1", "aa", release},
                           {AgentId("b"), "web", "1", "aa", release}};
    one.live_colours = {{"production", "web", "front", "blue"}, {"staging", "web", "front", "blue"}};
    one.tokens = {{release, StepId("s"), 1, "jti-1", "token-1", "n", from_unix_seconds(1)}};
    ASSERT_TRUE(this->commit(one).ok());
    dispatch::Commit two;
    two.host_placements = {{AgentId("a"), "web", "2", "bb", release}, {AgentId("b"), "web", "", "", release}};
    two.live_colours = {{"production", "web", "front", "green"}};
    two.tokens = {{release, StepId("s"), 1, "jti-2", "token-2", "n2", from_unix_seconds(2)}};
    ASSERT_TRUE(this->commit(two).ok());
    this->backend_.reopen();
    const auto placements = this->store().placements().value();
    EXPECT_THAT(placements.hosts,
                ::testing::ElementsAre(dispatch::HostPlacement{AgentId("a"), "web", "2", "bb", release}));
    EXPECT_THAT(placements.colours,
                ::testing::UnorderedElementsAre(dispatch::LiveColour{"production", "web", "front", "green"},
                                                dispatch::LiveColour{"staging", "web", "front", "blue"}));
    const auto token = this->store().token(release, StepId("s"), 1).value();
    ASSERT_TRUE(token.has_value());
    EXPECT_EQ(token->jti, "jti-2");
    EXPECT_EQ(token->token, "token-2");
    EXPECT_EQ(token->nonce, "n2");
    EXPECT_EQ(token->expires, from_unix_seconds(2));
    EXPECT_FALSE(this->store().token(release, StepId("s"), 2).value().has_value());
}

TYPED_TEST(ReleaseStoreContract, WhoeverOpensItLastHoldsTheLease) {
    dispatch::Commit made;
    made.created = {this->release(1)};
    made.changed = {this->change(1)};
    ASSERT_TRUE(this->commit(made).ok());
    const std::int64_t first = this->epoch_;
    this->open();
    EXPECT_GT(this->epoch_, first);

    dispatch::Commit late;
    late.epoch = first;
    late.created = {this->release(2)};
    late.changed = {this->change(1, true)};
    late.outbox_add = {{"k", "b"}};
    late.breakers = {{"production", "late"}};
    late.entries = {decision("release_event")};
    EXPECT_EQ(this->store().commit(late).error().code(), Code::cancelled);
    EXPECT_EQ(this->counters(this->store().list(10).value()), Counters{1});
    const dispatch::Opened after = this->open();
    EXPECT_EQ(this->counters(after.unfinished), Counters{1});
    EXPECT_TRUE(after.outbox.empty());
    EXPECT_TRUE(after.breakers.empty());
    EXPECT_TRUE(this->commit(made = {}).ok()) << "the present holder goes on";
}

TYPED_TEST(ReleaseStoreContract, TheLeaseOnlyGrowsAcrossRestarts) {
    const std::int64_t before = this->open().epoch;
    this->backend_.reopen();
    dispatch::Commit old;
    old.epoch = before;
    EXPECT_TRUE(this->store().commit(old).ok()) << "a restart alone takes nothing from anybody";
    EXPECT_GT(this->open().epoch, before);
    EXPECT_EQ(this->store().commit(old).error().code(), Code::cancelled);
}

TYPED_TEST(ReleaseStoreContract, OnlyChangedStepsAreGivenAndAllComeBack) {
    using Rows = std::vector<dispatch::StepRow>;
    const auto stored = [&] {
        Rows rows = this->store().load(this->release(1).id).value()->current.steps;
        std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        return rows;
    };
    dispatch::Commit made;
    made.created = {this->release(1), this->release(2)};
    made.changed = {this->change(1), this->change(2)};
    made.changed[0].steps = {{StepId("a"), "1"}, {StepId("b"), "1"}};
    made.changed[1].steps = {{StepId("a"), "of another release"}};
    ASSERT_TRUE(this->commit(made).ok());
    dispatch::Commit more;
    more.changed = {this->change(1)};
    more.changed[0].steps = {{StepId("b"), "2"}, {StepId("c"), "1"}};
    ASSERT_TRUE(this->commit(more).ok());
    dispatch::Commit none;
    none.changed = {this->change(1)};
    ASSERT_TRUE(this->commit(none).ok());
    this->backend_.reopen();
    const Rows expected{{StepId("a"), "1"}, {StepId("b"), "2"}, {StepId("c"), "1"}};
    EXPECT_EQ(stored(), expected);
    Rows opened = this->open().unfinished.at(0).current.steps;
    std::sort(opened.begin(), opened.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    EXPECT_EQ(opened, expected);
    EXPECT_TRUE(this->store().list(1).value().at(0).current.steps.empty());
}

TYPED_TEST(ReleaseStoreContract, BreakersAreReplacedByEnvironment) {
    dispatch::Commit one;
    one.breakers = {{"production", "open"}, {"staging", "closed"}};
    ASSERT_TRUE(this->commit(one).ok());
    dispatch::Commit two;
    two.breakers = {{"production", "half open"}};
    ASSERT_TRUE(this->commit(two).ok());
    this->backend_.reopen();
    EXPECT_THAT(this->open().breakers,
                ::testing::UnorderedElementsAre(dispatch::BreakerRow{"production", "half open"},
                                                dispatch::BreakerRow{"staging", "closed"}));
}

}  // namespace
}  // namespace signalbox::contract
