// SPDX-License-Identifier: Apache-2.0
// A ledger in which hosts changed their record keys: who may sign what, by the ledger alone.
#include <gtest/gtest.h>

#include "tests/unit/common/evidence/ledger_fixture.hpp"

namespace signalbox::evidence {
namespace {

class Rotated : public testing::Test {
  protected:
    Rotated() {
        ledger.enrol(agent, first);
        ledger.act(agent, first);
        ledger.rotate(agent, first, second);
    }
    AgentId agent{"a"};
    crypto::SigningKey first = fakes::test_key(40), second = fakes::test_key(41), third = fakes::test_key(42);
    LedgerFixture ledger;
};

TEST_F(Rotated, TheChainIsFollowedThroughEveryChange) {
    ledger.act(agent, second);
    ledger.rotate(agent, second, third);
    ledger.act(agent, third);
    const Report report = ledger.verify();
    EXPECT_TRUE(report.ok) << report.what;
    EXPECT_EQ(report.agents.at(agent).record_kid, third.public_key().id());
    EXPECT_EQ(report.agents.at(agent).records, 5);
}

TEST_F(Rotated, TheOldKeySignsNothingMore) {
    ledger.act(agent, first);
    EXPECT_FALSE(ledger.verify().ok);
}

TEST_F(Rotated, AHiddenChangeIsMissed) {
    ledger.entries.pop_back();
    ledger.act(agent, second);
    EXPECT_FALSE(ledger.verify().ok);
}

TEST_F(Rotated, AKeyIsOneHostsForEver) {
    LedgerFixture back = ledger.copy();
    back.rotate(agent, second, first);
    EXPECT_FALSE(back.verify().ok) << "back to a key that was replaced";
    ledger.enrol(AgentId("b"), first);
    EXPECT_FALSE(ledger.verify().ok) << "another host with a key that was replaced";
}

TEST_F(Rotated, TheNextKeyMustHaveSignedToo) {
    record::ActionRecord record = ledger.next_record(agent);
    record.kind = record::Kind::key_rotated;
    record.next_key = record::NextKey{third.public_key(), second.sign_now(as_bytes("something else"))};
    ledger.put(record::seal(record, second), second.public_key());
    EXPECT_FALSE(ledger.verify().ok);
}

TEST(RemovedLedgerKey, CountsInTheTreeOfALaterOneUpToItsRemovalWhenTheChainIsGiven) {
    LedgerFixture ledger;
    const auto fresh = fakes::test_key(43);
    trust::TrustFile first = ledger.keys.file;
    trust::TrustFile second = first;
    second.version = first.version + 1;
    second.keys.erase(ledger.keys.ledger.public_key().id());
    second.keys.insert_or_assign(fresh.public_key().id(), trust::TrustedKey{fresh.public_key(), "fresh"});
    second.roles.at("ledger").keyids = {fresh.public_key().id()};

    ledger.decide("cluster_initialised");
    ledger.decide("trust_published", {{"version", second.version}});
    const crypto::SigningKey stolen = std::exchange(ledger.keys.ledger, fakes::test_key(43));
    ledger.decide("ledger_key_changed");
    EXPECT_TRUE(ledger.verify(second, {first}).ok) << ledger.verify(second, {first}).what;
    EXPECT_FALSE(ledger.verify(second, {}).ok) << "nobody says that the removed key ever counted";
    EXPECT_FALSE(ledger.verify(first, {}).ok);
    LedgerFixture after = ledger.copy();
    after.keys.ledger = fakes::test_key(5);
    after.decide("something that the thief decides");
    EXPECT_FALSE(after.verify(first, {}).ok);
    after.keys.ledger = fakes::test_key(43);
    EXPECT_FALSE(after.verify(second, {first}).ok) << "it was removed before that";
}

}  // namespace
}  // namespace signalbox::evidence
