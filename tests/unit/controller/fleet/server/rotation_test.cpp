// SPDX-License-Identifier: Apache-2.0
// A host changes its record key: what its old and its new key count for, at each moment.
#include "common/join/join_line.hpp"
#include "common/pki/authority.hpp"
#include "common/pki/key.hpp"
#include "controller/fleet/server/intake.hpp"
#include "controller/fleet/server/reauthentication.hpp"
#include "tests/unit/controller/fleet/server/fleet_fixture.hpp"

namespace signalbox::fleet {
namespace {

class Rotation : public Fleet {
  protected:
    Judgement judge_now(const AgentInfo& who, std::vector<IncomingRecord> incoming) {
        auto judged = judge(cluster, who, std::move(incoming), ledger).value();
        for (const VerifiedRecord& record : judged.fresh) EXPECT_TRUE(ledger.append({record.entry}).ok());
        return judged;
    }
};

TEST_F(Rotation, TheKeyChangesInsideOneBatchAndEarlierRecordsStayKnown) {
    const support::RecordMaker old = records;
    const std::string first = records.next();
    const std::string handover = records.rotate(crypto::SigningKey::generate());
    const std::string third = records.next();
    const auto judged = judge_now(info, {{1, first, {}, {}}, {2, handover, {}, {}}, {3, third, {}, {}}});
    EXPECT_EQ(judged.alarm, Alarm::none) << judged.problem;
    ASSERT_EQ(judged.fresh.size(), 3U);
    EXPECT_FALSE(judged.fresh[0].entry.key_change);
    ASSERT_TRUE(judged.fresh[1].entry.key_change);
    ASSERT_TRUE(judged.rotated);
    const AgentInfo& now = *judged.rotated;
    EXPECT_EQ(now.record_key, records.key().public_key());
    EXPECT_EQ(judged.fresh[1].entry.key_change->next, now.record_key);
    EXPECT_EQ(now.key_of(2), old.key().public_key());
    EXPECT_EQ(now.key_of(3), now.record_key);
    EXPECT_TRUE(now.ever_had(old.key().public_key()));

    // Sent again, because their receipts were lost.
    const auto again = judge_now(now, {{1, first, {}, {}}, {2, handover, {}, {}}, {3, third, {}, {}}});
    EXPECT_EQ(again.alarm, Alarm::none) << again.problem;
    EXPECT_TRUE(again.had_known);
    EXPECT_TRUE(again.fresh.empty());
}

TEST_F(Rotation, TheOldKeySignsNothingMore) {
    const support::RecordMaker old = records;
    const AgentInfo now =
        *judge_now(info, {{1, records.rotate(crypto::SigningKey::generate()), {}, {}}}).rotated;
    EXPECT_EQ(judge_now(now, {{2, old.any(2), {}, {}}}).alarm, Alarm::malformed);
    // Where it was good it can still contradict itself, and that is the proof of a copy.
    EXPECT_EQ(judge_now(now, {{1, old.any(1), {}, {}}}).alarm, Alarm::fork);
}

TEST_F(Rotation, ACopyThatRotatesTooIsAFork) {
    support::RecordMaker copy = records;
    const AgentInfo now =
        *judge_now(info, {{1, records.rotate(crypto::SigningKey::generate()), {}, {}}}).rotated;
    EXPECT_EQ(judge_now(now, {{1, copy.rotate(crypto::SigningKey::generate()), {}, {}}}).alarm, Alarm::fork);
}

TEST_F(Rotation, NobodyGoesBackOrNamesAKeyThatDidNotSign) {
    record::ActionRecord record;
    record.cluster_id = cluster;
    record.agent_id = agent;
    record.kind = record::Kind::key_rotated;
    record.next_key = record::NextKey{crypto::SigningKey::generate().public_key(), {}};
    EXPECT_EQ(judge_now(info, {{1, record::seal(record, records.key()), {}, {}}}).alarm, Alarm::malformed);

    const support::RecordMaker old = records;
    const AgentInfo now =
        *judge_now(info, {{1, records.rotate(crypto::SigningKey::generate()), {}, {}}}).rotated;
    auto first = crypto::SigningKey::from_paserk(to_text(old.key().paserk().expose())).value();
    EXPECT_EQ(judge_now(now, {{2, records.rotate(std::move(first)), {}, {}}}).alarm, Alarm::malformed);
}

TEST_F(Rotation, NoStepIsGivenUntilTheRecordIsThere) {
    const auto link = open(agent);
    v1::AgentMessage told = hello(1, 2);
    const std::string handover = records.rotate(crypto::SigningKey::generate());
    told.mutable_hello()->set_record_kid(records.key().public_key().id().str());
    receive(link, std::move(told));
    EXPECT_NE(sessions.info(agent)->problem, "");
    EXPECT_NE(sessions.info(agent)->record_kid, records.key().public_key().id());
    hand_in(link, 1, handover);
    EXPECT_EQ(sessions.info(agent)->problem, "");
    EXPECT_EQ(sessions.info(agent)->record_kid, records.key().public_key().id());
    EXPECT_EQ(reports.log.back(), "ready");
    hand_in(link, 2, records.next());
    EXPECT_FALSE(link->closed);
}

TEST_F(Rotation, AHostComesBackWithAKeyThatTheControllerHasNotHeardOf) {
    fakes::FixedRandom random;
    const auto files = pki::create_authority("demo", clock.now(), random).value();
    const auto authority = pki::Authority::load(files.certificate_pem, files.key_pem).value();
    const OneAuthority authorities(authority);
    const AgentCa ca(cluster, authorities, random);
    Reauthenticator returns(cluster, store, ledger, ca, random, telemetry::Logger::silent());
    const auto csr = pki::make_key_and_request().value();
    const auto back = [&](const crypto::SigningKey& key, std::vector<std::string> changes) {
        ReturnRequest out{"192.0.2.1",           agent, returns.challenge(agent, clock.now()).value(),
                          to_bytes(csr.csr_der), {},    std::move(changes)};
        const std::string message = join::return_message(
            cluster, agent, out.challenge, crypto::sha256(csr.csr_der), key.public_key().id().str());
        const crypto::Signature proof = key.sign_now(as_bytes(message));
        out.record_proof.assign(proof.begin(), proof.end());
        return returns.come_back(out, clock.now()).ok();
    };
    const std::string first = records.rotate(crypto::SigningKey::generate());
    const std::string second = records.rotate(crypto::SigningKey::generate());
    EXPECT_FALSE(back(records.key(), {}));
    EXPECT_FALSE(back(records.key(), {first})) << "a link of the chain is missing";
    EXPECT_TRUE(back(records.key(), {first, second}));
    // One that we know already is passed over.
    AgentInfo known = info;
    known.record_key = record::parse_action_record(record::open(first)->envelope.payload)->next_key->key;
    store.put(known);
    EXPECT_TRUE(back(records.key(), {first, second}));
    EXPECT_FALSE(back(crypto::SigningKey::generate(), {first, second}));
}

}  // namespace
}  // namespace signalbox::fleet
