// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/intake.hpp"

#include "tests/unit/controller/fleet/server/fleet_fixture.hpp"

namespace signalbox::fleet {
namespace {

class Intake : public Fleet {
  protected:
    Judgement judge_one(std::int64_t seq, const std::string& envelope, const std::string& out = {}) {
        return judge(cluster, info, {{seq, envelope, out, {}}}, ledger).value();
    }
    void keep(const Judgement& judged) {
        for (const VerifiedRecord& record : judged.fresh) ASSERT_TRUE(ledger.append({record.entry}).ok());
    }
};

TEST_F(Intake, TakesAChainInOrderAndKnowsWhatItHas) {
    std::vector<IncomingRecord> incoming;
    for (int i = 1; i <= 3; ++i) incoming.push_back({i, records.next(), {}, {}});
    const auto judged = judge(cluster, info, incoming, ledger).value();
    ASSERT_EQ(judged.fresh.size(), 3U);
    EXPECT_EQ(judged.alarm, Alarm::none);
    EXPECT_FALSE(judged.had_known);
    keep(judged);
    const auto again = judge(cluster, info, incoming, ledger).value();
    EXPECT_TRUE(again.fresh.empty());
    EXPECT_TRUE(again.had_known);
    EXPECT_EQ(again.alarm, Alarm::none);
}

TEST_F(Intake, AsksForWhatIsMissing) {
    (void)records.next();
    const auto judged = judge_one(2, records.next());
    EXPECT_TRUE(judged.fresh.empty());
    EXPECT_EQ(judged.wanted_after, 0);
    EXPECT_EQ(judged.alarm, Alarm::none);
}

TEST_F(Intake, ASignatureByAnotherKeyIsNoRecordOfThisHost) {
    support::RecordMaker other(cluster, agent, crypto::SigningKey::generate());
    EXPECT_EQ(judge_one(1, other.next()).alarm, Alarm::malformed);
    EXPECT_EQ(judge_one(1, "not an envelope").alarm, Alarm::malformed);
    EXPECT_EQ(judge_one(7, records.next()).alarm, Alarm::malformed) << "its number is not the message's";
}

TEST_F(Intake, NobodyReportsAsAnotherAgentOrCluster) {
    support::RecordMaker as_other = records.same_key(cluster, id_of(2));
    EXPECT_EQ(judge_one(1, as_other.next()).alarm, Alarm::foreign);
    support::RecordMaker elsewhere = records.same_key(ClusterId("other"), agent);
    EXPECT_EQ(judge_one(1, elsewhere.next()).alarm, Alarm::foreign);
}

TEST_F(Intake, ASecondHistoryIsAForkAndItsOtherSideIsKept) {
    keep(judge_one(1, records.next()));
    const std::string other = records.any(1);
    const auto same_number = judge_one(1, other);
    EXPECT_EQ(same_number.alarm, Alarm::fork);
    EXPECT_EQ(same_number.proof_envelope, other);

    support::RecordMaker copy = records.same_key(cluster, agent);
    (void)copy.next("a different first record");
    const auto other_chain = judge_one(2, copy.next());
    EXPECT_EQ(other_chain.alarm, Alarm::fork);
    EXPECT_EQ(other_chain.proof_seq, 2);
}

TEST_F(Intake, AForkInsideOneMessageIsSeenToo) {
    const std::string first = records.next();
    const auto judged =
        judge(cluster, info, {{1, first, {}, {}}, {1, records.any(1), {}, {}}}, ledger).value();
    EXPECT_EQ(judged.fresh.size(), 1U);
    EXPECT_EQ(judged.alarm, Alarm::fork);
}

TEST_F(Intake, OutputThatTheRecordDoesNotNameIsDropped) {
    const std::string envelope = records.next("real output");
    EXPECT_FALSE(judge_one(1, envelope, "forged output").fresh.at(0).entry.out);
    EXPECT_EQ(judge_one(1, envelope, "real output").fresh.at(0).entry.out, "real output");
    EXPECT_EQ(judge_one(1, envelope, std::string(65 * 1024, 'x')).alarm, Alarm::malformed);
}

}  // namespace
}  // namespace signalbox::fleet
