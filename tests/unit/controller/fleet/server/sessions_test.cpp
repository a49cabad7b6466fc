// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/sessions.hpp"

#include <gmock/gmock.h>

#include "common/dsse/dsse.hpp"
#include "common/record/record.hpp"
#include "tests/unit/controller/fleet/server/fleet_fixture.hpp"

namespace signalbox::fleet {
namespace {

using namespace std::chrono_literals;
using Kind = v1::ControllerMessage::KindCase;
using SessionsOf = Fleet;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(SessionsOf, TheUnknownAndTheBannedAreTurnedAway) {
    EXPECT_EQ(open(id_of(9))->closed->code(), Code::unauthenticated);
    ASSERT_TRUE(sessions.set_state(agent, AgentState::banned, "stolen", "admin").ok());
    EXPECT_EQ(open(agent)->closed->code(), Code::permission_denied);
}

TEST_F(SessionsOf, NothingCountsBeforeHello) {
    const auto link = open(agent);
    EXPECT_FALSE(sessions.info(agent)->online);
    hand_in(link, 1, records.next());
    EXPECT_EQ(link->closed->code(), Code::invalid_argument);
    EXPECT_EQ(reports.accepted, 0U);
}

TEST_F(SessionsOf, WelcomeTellsWhatTheLedgerHolds) {
    const auto first = connect();
    hand_in(first, 1, records.next());
    hand_in(first, 2, records.next());
    const auto second = connect();
    EXPECT_EQ(first->of(Kind::kGoodbye).size(), 1U) << "one stream an agent";
    ASSERT_EQ(second->of(Kind::kWelcome).size(), 1U);
    EXPECT_EQ(second->of(Kind::kWelcome)[0].welcome().last_seq(), 2U);
    EXPECT_EQ(second->of(Kind::kWelcome)[0].welcome().heartbeat_s(), 30U);
}

TEST_F(SessionsOf, WhatTheOldStreamStillCarriesIsTakenAndItsEndIsNoAbsence) {
    const auto first = connect();
    ASSERT_TRUE(sessions.execute(agent, {"d", "t", "{}", "a", {{crypto::sha256("named"), 5}}, {}}).ok());
    const auto second = open(agent);
    hand_in(first, 1, records.next());
    EXPECT_TRUE(sessions.info(agent)->online) << "the old one serves until the new one says hello";
    receive(second, hello(1, 2));
    hand_in(first, 2, records.next());
    EXPECT_EQ(reports.accepted, 2U);
    EXPECT_TRUE(sessions.may_fetch(agent, crypto::sha256("named")));
    ASSERT_TRUE(sessions.execute(agent, {"e", "t", "{}", "a", {}, {}}).ok());
    EXPECT_EQ(second->of(Kind::kExecute).size(), 1U);
    sessions.closed(agent, first.get());
    strand.run_ready();
    EXPECT_TRUE(sessions.info(agent)->online);
    EXPECT_THAT(reports.log, ElementsAre("ready", "ready"));
}

TEST_F(SessionsOf, AReplacedStreamThatDoesNotEndIsClosed) {
    const auto first = connect();
    const auto second = connect();
    EXPECT_FALSE(first->closed);
    strand.advance(16s);
    EXPECT_TRUE(first->closed);
    EXPECT_FALSE(second->closed);
}

TEST_F(SessionsOf, ReceiptsFollowTheCheckpointAndOnlyOnce) {
    const auto link = connect();
    hand_in(link, 1, records.next());
    EXPECT_TRUE(link->of(Kind::kReceipts).empty()) << "nothing is receipted before a checkpoint covers it";
    strand.advance(1s);
    ASSERT_EQ(link->of(Kind::kReceipts).size(), 1U);
    const v1::Receipts receipts = link->of(Kind::kReceipts)[0].receipts();
    ASSERT_EQ(receipts.receipts_size(), 1);
    EXPECT_EQ(receipts.receipts(0).seq(), 1U);
    EXPECT_THAT(receipts.checkpoint(), HasSubstr("signalbox.dev/demo"));
    strand.advance(1min);
    EXPECT_EQ(link->of(Kind::kReceipts).size(), 1U);
}

TEST_F(SessionsOf, AHostWithoutRecordsIsShownTheNewestCheckpointNowAndThen) {
    const auto link = connect();
    hand_in(link, 1, records.next());
    strand.advance(1s);
    ASSERT_EQ(link->of(Kind::kReceipts).size(), 1U);
    for (int minute = 0; minute < 25; ++minute) {
        ledger::PendingEntry entry;
        entry.envelope = entry.leaf = "decision " + std::to_string(minute);
        entry.leaf_hash = merkle::leaf_hash(entry.leaf);
        entry.payload_sha256 = crypto::sha256(entry.leaf);
        entry.kind = "decision:test";
        ASSERT_TRUE(ledger.append({entry}).ok());
        ledger.appended();
        strand.advance(1min);
        v1::AgentMessage heartbeat;
        heartbeat.mutable_heartbeat();
        receive(link, heartbeat);
    }
    const auto shown = link->of(Kind::kReceipts);
    ASSERT_EQ(shown.size(), 3U) << "one with its receipt, and one about every ten minutes";
    EXPECT_EQ(shown[2].receipts().receipts_size(), 0);
    EXPECT_GT(shown[2].receipts().from_size(), shown[1].receipts().from_size());
    EXPECT_GT(shown[2].receipts().consistency_size(), 0);
}

TEST_F(SessionsOf, ReceiptsThatWereLostAreSentAgainFromTheAgentsPin) {
    auto link = connect();
    hand_in(link, 1, records.next());
    strand.advance(1s);
    hand_in(link, 2, records.next());
    strand.advance(1s);
    link = open(agent);
    receive(link, hello(2, 3, 1));  // it verified the first one only, and pinned size 1
    ASSERT_EQ(link->of(Kind::kReceipts).size(), 1U);
    const v1::Receipts receipts = link->of(Kind::kReceipts)[0].receipts();
    EXPECT_EQ(receipts.from_size(), 1U);
    ASSERT_EQ(receipts.receipts_size(), 1);
    EXPECT_EQ(receipts.receipts(0).seq(), 2U);
    EXPECT_GT(receipts.consistency_size(), 0);
}

TEST_F(SessionsOf, WhenTheLedgerCannotTakeRecordsTheStreamEndsAndNothingIsLost) {
    auto link = connect();
    const std::string first = records.next();
    reports.failure = Error(Code::resource_exhausted, "disk full");
    hand_in(link, 1, first);
    EXPECT_EQ(link->closed->code(), Code::unavailable);
    reports.failure.reset();
    link = connect();
    EXPECT_EQ(link->of(Kind::kWelcome)[0].welcome().last_seq(), 0U);
    hand_in(link, 1, first);
    EXPECT_EQ(reports.accepted, 1U);
}

TEST_F(SessionsOf, attack_23_a_fork_quarantines_with_proof_and_it_may_report_but_not_execute) {
    auto link = connect();
    hand_in(link, 1, records.next());
    const std::string other = records.any(1);
    hand_in(link, 1, other);
    EXPECT_EQ(state(), AgentState::quarantined);
    EXPECT_EQ(link->closed->code(), Code::permission_denied);
    EXPECT_EQ(store.entries().back().kind, "decision:agent_quarantined");
    const std::size_t entries = store.entries().size();

    link = connect();
    hand_in(link, 1, other);
    EXPECT_EQ(store.entries().size(), entries) << "one proof is enough";
    link = connect();
    hand_in(link, 2, records.next());
    EXPECT_EQ(reports.accepted, 2U);
    EXPECT_EQ(sessions.execute(agent, {"d", "t", "{}", "a", {}, {}}).error().code(),
              Code::failed_precondition);
}

TEST_F(SessionsOf, ARecordThatItsKeyDidNotSignQuarantinesNobody) {
    support::RecordMaker forger(cluster, agent, crypto::SigningKey::generate());
    const auto link = connect();
    hand_in(link, 1, forger.next());
    EXPECT_EQ(link->closed->code(), Code::invalid_argument);
    EXPECT_EQ(state(), AgentState::active) << "whoever sent it does not hold the host's key";
}

TEST_F(SessionsOf, attack_22_a_ban_cuts_at_once) {
    const auto leaving = connect();
    const auto link = connect();
    const auto arriving = open(agent);
    ASSERT_TRUE(sessions.execute(agent, {"d", "t", "{}", "a", {{crypto::sha256("named"), 5}}, {}}).ok());
    const auto pass = sessions.may_fetch(agent, crypto::sha256("named"));
    ASSERT_TRUE(sessions.set_state(agent, AgentState::banned, "stolen", "admin").ok());
    for (const auto& each : {leaving, link, arriving})
        EXPECT_EQ(each->closed->code(), Code::permission_denied);
    EXPECT_EQ(link->of(Kind::kGoodbye).size(), 1U);
    EXPECT_FALSE(sessions.info(agent)->online);
    EXPECT_FALSE(*pass) << "an artifact on its way is cut too";
    EXPECT_EQ(sessions.set_state(agent, AgentState::active, "sorry", "admin").error().code(),
              Code::failed_precondition);
}

TEST_F(SessionsOf, attack_22_a_ban_cuts_an_artifact_whose_stream_is_gone) {
    const auto link = connect();
    ASSERT_TRUE(sessions.execute(agent, {"d", "t", "{}", "a", {{crypto::sha256("named"), 5}}, {}}).ok());
    const auto pass = sessions.may_fetch(agent, crypto::sha256("named"));
    sessions.closed(agent, link.get());
    EXPECT_TRUE(*pass);
    ASSERT_TRUE(sessions.set_state(agent, AgentState::banned, "stolen", "admin").ok());
    EXPECT_FALSE(*pass);
}

TEST_F(SessionsOf, ALiftedBanLeadsIntoQuarantineAndNotPastANewerEnrolment) {
    EXPECT_EQ(sessions.lift_ban(agent, "why not", "admin").error().code(), Code::failed_precondition);
    ASSERT_TRUE(sessions.set_state(agent, AgentState::banned, "stolen", "admin").ok());
    ASSERT_TRUE(sessions.lift_ban(agent, "found again", "admin").ok());
    EXPECT_EQ(store.entries().back().kind, "decision:agent_unbanned");
    EXPECT_EQ(state(), AgentState::quarantined);
    const auto link = connect();
    hand_in(link, 1, records.next());
    EXPECT_EQ(reports.accepted, 1U) << "it reports";
    EXPECT_FALSE(sessions.execute(agent, {"d", "t", "{}", "a", {}, {}}).ok()) << "it takes no steps";

    ASSERT_TRUE(sessions.set_state(agent, AgentState::banned, "its host enrolled again", "enrolment").ok());
    AgentInfo newer = info;
    newer.agent_id = id_of(2);
    newer.enrolled = info.enrolled + 1h;
    store.put(newer);
    const auto refused = sessions.lift_ban(agent, "both", "admin");
    EXPECT_EQ(refused.error().code(), Code::failed_precondition);
    EXPECT_THAT(refused.error().message(), HasSubstr(id_of(2).str()));
    EXPECT_EQ(state(), AgentState::banned);
}

// A host copied while it runs: both copies connect with the same certificate and push each other out.
TEST_F(SessionsOf, attack_23_two_executors_that_take_turns_are_a_copied_host) {
    const auto as = [&](const std::string& nonce) {
        auto message = hello(1, 1);
        message.mutable_hello()->set_nonce(nonce);
        const auto link = open(agent);
        receive(link, message);
        return link;
    };
    as("first");
    as("first");   // a new stream of the same executor
    as("second");  // the executor was started again
    EXPECT_EQ(state(), AgentState::active);
    const auto link = as("first");
    EXPECT_EQ(state(), AgentState::quarantined);
    EXPECT_FALSE(link->closed) << "both may report";
    strand.run_ready();
    EXPECT_NE(reports.log.back(), "ready") << "and neither is given steps";
    const std::string proof = store.entries().back().envelope;
    EXPECT_EQ(store.entries().back().kind, "decision:agent_quarantined");
    const auto decision = record::parse_decision(dsse::parse(proof)->payload);
    EXPECT_EQ(decision->data["proof"]["nonce"], "first");
    EXPECT_EQ(decision->data["proof"]["other_nonce"], "second");
    EXPECT_FALSE(sessions.execute(agent, {"d", "t", "{}", "a", {}, {}}).ok());
}

TEST_F(SessionsOf, attack_19_an_agent_that_reports_as_another_is_denied_with_an_alarm) {
    const auto link = connect();
    hand_in(link, 1, records.same_key(cluster, id_of(2)).next());
    EXPECT_EQ(link->closed->code(), Code::permission_denied);
    EXPECT_EQ(reports.accepted, 0U);
    ASSERT_FALSE(ledger_store.raw().empty());
    EXPECT_EQ(ledger_store.raw().back().kind, "decision:agent_alarm");
    const std::size_t entries = ledger_store.raw().size();
    for (int i = 0; i < 3; ++i) hand_in(connect(), 1, records.same_key(cluster, id_of(2)).next());
    EXPECT_EQ(ledger_store.raw().size(), entries) << "it must not be able to fill the ledger";
    clock.advance(11min);
    hand_in(connect(), 1, records.same_key(cluster, id_of(2)).next());
    EXPECT_EQ(ledger_store.raw().size(), entries + 1);
}

TEST_F(SessionsOf, SilenceMakesStaleThenEnds) {
    const auto link = connect();
    EXPECT_EQ(sessions.seen(agent).presence, Presence::online);
    strand.advance(61s);
    EXPECT_EQ(sessions.seen(agent).presence, Presence::stale);
    v1::AgentMessage heartbeat;
    heartbeat.mutable_heartbeat();
    receive(link, heartbeat);
    EXPECT_EQ(sessions.seen(agent).presence, Presence::online);
    strand.advance(130s);
    EXPECT_EQ(link->closed->code(), Code::deadline_exceeded);
    EXPECT_EQ(sessions.seen(agent).presence, Presence::offline);
    EXPECT_TRUE(sessions.seen(agent).last_heard);
}

TEST_F(SessionsOf, AStreamThatNeverSaysHelloIsClosed) {
    const auto link = open(agent);
    strand.advance(16s);
    EXPECT_EQ(link->closed->code(), Code::deadline_exceeded);
}

TEST_F(SessionsOf, AnAgentMayFetchOnlyWhatItsStepsName) {
    const auto link = connect();
    const crypto::Digest named = crypto::sha256("named");
    EXPECT_FALSE(sessions.may_fetch(agent, named));
    ASSERT_TRUE(sessions.execute(agent, {"d", "t", "{}", "a", {{named, 5}}, {}}).ok());
    EXPECT_TRUE(sessions.may_fetch(agent, named));
    EXPECT_FALSE(sessions.may_fetch(agent, crypto::sha256("other")));
    EXPECT_FALSE(sessions.may_fetch(id_of(2), named));
}

TEST_F(SessionsOf, ATrustFileIsPushedOnceEvenIfTheHostRefusesIt) {
    trust.version = 3;
    const auto link = connect();
    EXPECT_EQ(link->of(Kind::kTrustUpdate).size(), 2U);
    receive(link, hello(1, 1));  // still at version 1
    EXPECT_EQ(link->of(Kind::kTrustUpdate).size(), 2U);
}

TEST_F(SessionsOf, WithdrawalsReachTheHostsOfTheirEnvironmentAndThoseThatComeLater) {
    std::vector<std::string> known = {"first"};
    std::string environment;
    sessions.know_withdrawals([&](const std::string& of) {
        environment = of;
        return known;
    });
    const auto told = [](const FakeLink& link) {
        std::vector<std::string> out;
        for (const auto& message : link.of(Kind::kWithdrawal))
            out.push_back(message.withdrawal().withdrawal());
        return out;
    };
    const auto link = open(agent);
    v1::AgentMessage alone = hello(1, 1);
    alone.mutable_hello()->set_executor_connected(false);
    receive(link, alone);
    EXPECT_THAT(told(*link), ElementsAre()) << "nobody there could keep it";
    receive(link, hello(1, 1));
    EXPECT_THAT(told(*link), ElementsAre("first"));
    sessions.withdrawn(environment, "second");
    sessions.withdrawn("elsewhere", "third");
    EXPECT_THAT(told(*link), ElementsAre("first", "second"));
}

TEST_F(SessionsOf, AnswersCarryWhoSpoke) {
    const auto link = connect();
    v1::AgentMessage message;
    message.mutable_execute_result()->set_dispatch_id("d");
    message.mutable_execute_result()->set_refusal("R_BUSY");
    receive(link, message);
    EXPECT_THAT(reports.log, ElementsAre("ready", "execute " + agent.str() + " d R_BUSY"));
}

}  // namespace
}  // namespace signalbox::fleet
