// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/verify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/merkle/signed_note.hpp"
#include "tests/unit/common/evidence/ledger_fixture.hpp"

namespace signalbox::evidence {
namespace {

using ::testing::HasSubstr;

// 0 init, 1 enrol A, 2 enrol B, 3 A1, 4 B1, 5 decision, 6 decision, 7 A2, 8 decision, 9 B2
class Evidence : public ::testing::Test {
  protected:
    Evidence() {
        ledger.decide("cluster_initialised");
        ledger.enrol(a, key_a);
        ledger.enrol(b, key_b);
        ledger.act(a, key_a);
        ledger.act(b, key_b);
        ledger.decide("gate_verdict");
        ledger.decide("token_minted");
        ledger.act(a, key_a);
        ledger.decide("release_event");
        ledger.act(b, key_b);
    }

    void expect_bad(const std::vector<std::string>& lines, std::uint64_t index,
                    const std::string& what) const {
        const Report report = ledger.verify(lines);
        EXPECT_FALSE(report.ok) << what;
        EXPECT_EQ(report.first_bad_index, index) << report.what;
        EXPECT_THAT(report.what, HasSubstr(what));
    }
    // The line of an entry is one behind its index: the header comes first.
    static Entry entry_of(const std::vector<std::string>& lines, std::size_t index) {
        return std::get<Entry>(parse_line(lines[index + 1]).value());
    }

    const AgentId a{"a"}, b{"b"};
    const crypto::SigningKey key_a = fakes::test_key(51), key_b = fakes::test_key(52);
    LedgerFixture ledger;
};

TEST_F(Evidence, AWholeLedgerHoldsAndIsCounted) {
    const Report report = ledger.verify();
    EXPECT_TRUE(report.ok) << report.what;
    EXPECT_EQ(report.size, 10U);
    EXPECT_FALSE(report.first_bad_index);
    EXPECT_EQ(report.kinds.at("action:heartbeat"), 4U);
    EXPECT_EQ(report.kinds.at("decision:agent_enrolled"), 2U);
    EXPECT_EQ(report.agents.at(a).records, 2);
    EXPECT_EQ(report.agents.at(a).host, "web-a");
    EXPECT_EQ(report.checkpoint->size, 10U);
    EXPECT_TRUE(LedgerFixture{}.verify().ok) << "an empty ledger is a ledger";
}

TEST_F(Evidence, WitnessesThatTheTrustFileAsksForMustHaveSeenTheCheckpoint) {
    const auto w1 = fakes::test_key(61), w2 = fakes::test_key(62), stranger = fakes::test_key(63);
    trust::Role role;
    role.threshold = 2;
    for (const auto* each : {&w1, &w2}) {
        const auto id = each->public_key().id();
        ledger.keys.file.keys.emplace(id, trust::TrustedKey{each->public_key(), each == &w1 ? "w/1" : "w/2"});
        role.keyids.insert(id);
    }
    ledger.keys.file.roles["witness"] = role;
    const auto verify_with = [&](const std::vector<std::string>& cosignatures) {
        auto lines = ledger.lines();
        std::string note = ledger.checkpoint();
        for (const auto& line : cosignatures) note += line;
        lines[0] = to_line(Header{ClusterId{"demo"}, ledger.entries.size(), note});
        return ledger.verify(lines);
    };
    const std::string text = merkle::parse_note(ledger.checkpoint())->text;
    const Instant at = from_unix_seconds(1'800'000'100);
    const auto one = merkle::cosign(text, "w/1", w1, at), two = merkle::cosign(text, "w/2", w2, at);
    const Report whole = verify_with({one, two});
    EXPECT_TRUE(whole.ok) << whole.what;
    ASSERT_EQ(whole.cosigned_by.size(), 2U);
    EXPECT_EQ(whole.cosigned_by[0].at, at);
    for (const auto& few :
         std::vector<std::vector<std::string>>{{},
                                               {one},
                                               {one, one},
                                               {one, merkle::cosign(text, "w/2", w1, at)},
                                               {one, merkle::cosign(text, "w/2", stranger, at)}}) {
        const Report report = verify_with(few);
        EXPECT_FALSE(report.ok);
        EXPECT_THAT(report.what, HasSubstr("of 2 cosignatures"));
        EXPECT_FALSE(report.first_bad_index) << "no entry is to blame";
    }
    const std::string other = merkle::cosign("signalbox.dev/demo\n9\nAAAA\n", "w/2", w2, at);
    EXPECT_THAT(verify_with({one, other}).what, HasSubstr("the cosignature of w/2 does not verify"));
}

TEST_F(Evidence, ACutOffEndIsNoticed) {
    auto lines = ledger.lines();
    lines.pop_back();
    expect_bad(lines, 9, "the end was cut off");
    // Also when the header is made to fit: the checkpoint is signed.
    lines[0] = to_line(Header{ClusterId{"demo"}, 9, ledger.checkpoint()});
    EXPECT_FALSE(ledger.verify(lines).ok);
    lines.resize(1);
    EXPECT_FALSE(ledger.verify(lines).ok);
}

TEST_F(Evidence, AMissingOrDoubledEntryIsNamed) {
    auto lines = ledger.lines();
    lines.erase(lines.begin() + 1 + 6);
    expect_bad(lines, 6, "the entry numbered 7 stands here");
    lines = ledger.lines();
    lines.insert(lines.begin() + 1 + 6, lines[1 + 5]);
    expect_bad(lines, 6, "the entry numbered 5 stands here");
    lines = ledger.lines();
    lines.push_back(to_line(Entry{10, entry_of(lines, 9).leaf, entry_of(lines, 9).envelope}));
    expect_bad(lines, 10, "covers 10 entries only");
}

TEST_F(Evidence, AReplacedLeafOrEnvelopeIsNamed) {
    auto lines = ledger.lines();
    const Entry five = entry_of(lines, 5), six = entry_of(lines, 6);
    lines[1 + 6] = to_line(Entry{6, five.leaf, six.envelope});
    expect_bad(lines, 6, "leaf");
    lines[1 + 6] = to_line(Entry{6, six.leaf, five.envelope});
    expect_bad(lines, 6, "leaf");
    lines[1 + 6] = to_line(Entry{6, six.leaf, "{}"});
    expect_bad(lines, 6, "entry 6");
    lines[1 + 6] = "not JSON";
    expect_bad(lines, 6, "entry 6");

    dsse::Envelope changed = dsse::parse(six.envelope).value();
    changed.payload.replace(changed.payload.find("token_minted"), 12, "token_burned");
    const std::string text = dsse::serialize(changed);
    lines[1 + 6] = to_line(Entry{6, record::ledger_leaf(text, ledger.keys.ledger.public_key()), text});
    expect_bad(lines, 6, "signature does not verify");
}

TEST_F(Evidence, AnAgentsRecordsCannotBeMovedOrLeftOut) {
    auto lines = ledger.lines();  // A's two records exchanged, and numbered to fit
    const Entry first = entry_of(lines, 3), second = entry_of(lines, 7);
    lines[1 + 3] = to_line(Entry{3, second.leaf, second.envelope});
    lines[1 + 7] = to_line(Entry{7, first.leaf, first.envelope});
    expect_bad(lines, 3, "record 2 of agent a where 1 is due");

    // One left out by whoever holds the ledger key, and the checkpoint signed anew.
    LedgerFixture other = ledger.copy();
    other.entries.erase(other.entries.begin() + 3);
    for (std::size_t i = 0; i < other.entries.size(); ++i) other.entries[i].index = i;
    const Report report = other.verify();
    EXPECT_EQ(report.first_bad_index, 6U);
    EXPECT_THAT(report.what, HasSubstr("record 2 of agent a where 1 is due"));
}

TEST_F(Evidence, ARecordThatDoesNotFollowItsPredecessorIsAFork) {
    record::ActionRecord forked = ledger.next_record(a);
    forked.prev = crypto::sha256("another history");
    ledger.put(record::seal(forked, key_a), key_a.public_key());
    expect_bad(ledger.lines(), 10, "does not follow the one before it");
}

TEST_F(Evidence, OnlyWhoMaySignSigns) {
    const auto stranger = fakes::test_key(60);
    LedgerFixture with_stranger = ledger.copy();
    with_stranger.act(AgentId{"c"}, stranger);
    EXPECT_EQ(with_stranger.verify().first_bad_index, 10U);
    EXPECT_THAT(with_stranger.verify().what, HasSubstr("no earlier entry enrolled"));

    LedgerFixture as_other = ledger.copy();  // B signs as A
    as_other.put(record::seal(as_other.next_record(a), key_b), key_b.public_key());
    EXPECT_THAT(as_other.verify().what, HasSubstr("under the key of agent b"));

    const std::vector<const crypto::SigningKey*> others{&ledger.keys.token, &ledger.keys.root1, &key_a};
    for (const auto* key : others) {
        LedgerFixture by_other = ledger.copy();
        by_other.put(
            record::seal(record::Decision{ClusterId{"demo"}, {}, "token_minted", json::Json::object()}, *key),
            key->public_key());
        EXPECT_EQ(by_other.verify().first_bad_index, 10U);
        EXPECT_THAT(by_other.verify().what, HasSubstr("does not let sign the ledger"));
    }
    LedgerFixture foreign = ledger.copy();
    foreign.put(record::seal(record::Decision{ClusterId{"elsewhere"}, {}, "x", json::Json::object()},
                             ledger.keys.ledger),
                ledger.keys.ledger.public_key());
    EXPECT_THAT(foreign.verify().what, HasSubstr("belongs to cluster 'elsewhere'"));
}

TEST_F(Evidence, AKeyStandsForOneAgentOnceItHasSpoken) {
    LedgerFixture twice = ledger.copy();
    twice.enrol(a, fakes::test_key(53));
    EXPECT_THAT(twice.verify().what, HasSubstr("was enrolled before"));
    LedgerFixture stolen = ledger.copy();
    stolen.enrol(AgentId{"c"}, key_a);
    EXPECT_THAT(stolen.verify().what, HasSubstr("is that of agent a"));
    // An enrolment that was cut short is repeated under a new agent id with the same key.
    const auto key_c = fakes::test_key(53);
    ledger.enrol(AgentId{"c"}, key_c);
    ledger.enrol(AgentId{"d"}, key_c);
    ledger.act(AgentId{"d"}, key_c);
    EXPECT_TRUE(ledger.verify().ok);
}

// Decisions have no chain of their own, so only the tree shows that two were exchanged.
TEST_F(Evidence, ExchangedDecisionsAreNoticedAndSignedRootsNarrowThemDown) {
    auto lines = ledger.lines();
    const Entry five = entry_of(lines, 5), six = entry_of(lines, 6);
    lines[1 + 5] = to_line(Entry{5, six.leaf, six.envelope});
    lines[1 + 6] = to_line(Entry{6, five.leaf, five.envelope});
    Report report = ledger.verify(lines);
    EXPECT_FALSE(report.ok);
    EXPECT_EQ(report.first_bad_index, 0U);
    EXPECT_EQ(report.bad_before_index, 10U);

    // The same with the checkpoints that were signed at sizes 5 and 7.
    LedgerFixture at5 = ledger.copy(), at7 = ledger.copy();
    at5.entries.resize(5);
    at7.entries.resize(7);
    lines.insert(lines.begin() + 1 + 7, to_line(PastCheckpoint{at7.checkpoint()}));
    lines.insert(lines.begin() + 1 + 5, to_line(PastCheckpoint{at5.checkpoint()}));
    report = ledger.verify(lines);
    EXPECT_EQ(report.first_bad_index, 5U);
    EXPECT_EQ(report.bad_before_index, 7U);
    EXPECT_THAT(report.what, HasSubstr("entries 5 to 6"));
}

// The record of a host that saw how it was is genuine; it must not be blamed for what comes before it.
TEST_F(Evidence, ExchangedDecisionsBeforeAWitnessAreARangeSinceTheLastRootThatHeld) {
    ledger.act(a, key_a, true);     // 10 saw 0..9
    ledger.decide("gate_verdict");  // 11
    ledger.decide("token_minted");  // 12
    ledger.act(b, key_b);           // 13
    ledger.act(a, key_a, true);     // 14 saw 0..13
    ASSERT_TRUE(ledger.verify().ok) << ledger.verify().what;
    auto lines = ledger.lines();
    const Entry eleven = entry_of(lines, 11), twelve = entry_of(lines, 12);
    lines[1 + 11] = to_line(Entry{11, twelve.leaf, twelve.envelope});
    lines[1 + 12] = to_line(Entry{12, eleven.leaf, eleven.envelope});
    const Report report = ledger.verify(lines);
    EXPECT_FALSE(report.ok);
    EXPECT_EQ(report.first_bad_index, 10U) << report.what;
    EXPECT_EQ(report.bad_before_index, 14U);
    EXPECT_THAT(report.what, HasSubstr("entries 10 to 13: the host of entry 14 saw another root"));
    EXPECT_EQ(report.witnessed, 1U);
}

// Two hosts were shown two histories of one size: the one that is exported holds, so the other host's record
// is where the fork shows.
TEST_F(Evidence, AForkThatOneHostSawIsNamedAtItsRecord) {
    ledger.act(a, key_a, true);
    record::ActionRecord other = ledger.next_record(b);
    other.seen_checkpoint = record::SeenCheckpoint{merkle::origin_of("demo"), 10, crypto::sha256("other")};
    ledger.put(record::seal(other, key_b), key_b.public_key());
    expect_bad(ledger.lines(), 11, "the ledger was forked");
}

TEST_F(Evidence, TheReportSaysHowOldTheNewestEntryIs) {
    ledger.decide("gate_verdict");
    EXPECT_EQ(ledger.verify().newest, from_unix_seconds(1'800'000'010));
    EXPECT_FALSE(LedgerFixture{}.verify().newest);
}

TEST_F(Evidence, PastCheckpointsMustStandWhereTheyWereSigned) {
    LedgerFixture at5 = ledger.copy();
    at5.entries.resize(5);
    auto lines = ledger.lines();
    lines.insert(lines.begin() + 1 + 5, to_line(PastCheckpoint{at5.checkpoint()}));
    EXPECT_TRUE(ledger.verify(lines).ok);
    std::swap(lines[1 + 5], lines[1 + 6]);
    expect_bad(lines, 6, "stands after 6");
}

// The whole ledger rewritten and signed anew by whoever holds the ledger key: what the hosts saw gives it
// away.
TEST_F(Evidence, AHostThatSawAnotherLedgerGivesAForkAway) {
    ledger.act(a, key_a, true);
    Report report = ledger.verify();
    EXPECT_TRUE(report.ok) << report.what;
    EXPECT_EQ(report.witnessed, 1U);

    LedgerFixture rewritten = ledger.copy();
    LedgerFixture other;
    other.decide("a kinder decision");
    rewritten.entries[5] = other.entries[0];
    rewritten.entries[5].index = 5;
    report = rewritten.verify();
    EXPECT_EQ(report.first_bad_index, 0U);
    EXPECT_EQ(report.bad_before_index, 10U);
    EXPECT_THAT(report.what, HasSubstr("entries 0 to 9: the host of entry 10 saw another root at size 10"));

    rewritten.entries = ledger.entries;  // a decision taken out
    rewritten.entries.erase(rewritten.entries.begin() + 8);
    for (std::size_t i = 0; i < rewritten.entries.size(); ++i) rewritten.entries[i].index = i;
    report = rewritten.verify();
    EXPECT_EQ(report.first_bad_index, 0U);
    EXPECT_EQ(report.bad_before_index, 10U);  // 9 is the host's own record: it may have been moved
    EXPECT_THAT(report.what, HasSubstr("some were taken out"));
}

TEST_F(Evidence, TheHeaderMustBeThisClustersAndSigned) {
    auto lines = ledger.lines();
    const auto spoil = [&](const Header& header) {
        lines[0] = to_line(header);
        const Report report = ledger.verify(lines);
        EXPECT_FALSE(report.first_bad_index);
        return report.what;
    };
    EXPECT_THAT(spoil({ClusterId{"other"}, 10, ledger.checkpoint()}), HasSubstr("of cluster 'other'"));
    EXPECT_THAT(spoil({ClusterId{"demo"}, 11, ledger.checkpoint()}), HasSubstr("it says 11 entries"));
    std::string note = ledger.checkpoint();
    note.replace(note.find("\n10\n"), 4, "\n99\n");
    EXPECT_THAT(spoil({ClusterId{"demo"}, 99, note}), HasSubstr("does not verify"));
    const merkle::Checkpoint claim{merkle::origin_of("demo"), 10, crypto::sha256("x")};
    EXPECT_THAT(spoil({ClusterId{"demo"}, 10, merkle::sign_checkpoint(claim, ledger.keys.token)}),
                HasSubstr("no signature of signalbox.dev/demo"));
    EXPECT_FALSE(ledger.verify(std::vector<std::string>{}).ok);
    EXPECT_FALSE(ledger.verify({"x"}).ok);
}

}  // namespace
}  // namespace signalbox::evidence
