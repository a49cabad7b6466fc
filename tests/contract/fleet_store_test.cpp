// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/fleet_store.hpp"
#include "tests/contract/backends.hpp"

namespace signalbox::contract {
namespace {

using std::chrono::minutes;

struct SqliteBackend : SqliteStorage {
    fleet::FleetStore& store() { return storage().fleet(); }
};

template <class Backend>
class FleetStoreContract : public ::testing::Test {
  protected:
    fleet::FleetStore& store() { return backend_.store(); }
    fleet::JoinToken token(const std::string& id) const {
        fleet::JoinToken token;
        token.id = id;
        token.secret_sha256 = crypto::sha256("secret");
        token.environment = "production";
        token.host = "web-1";
        token.site = "dc1";
        token.labels = {{"color", "blue"}, {"q", "\"x\""}};
        token.created = now_;
        token.expires = now_ + minutes(10);
        token.created_by = "admin";
        token.trust_version = 3;
        return token;
    }
    fleet::AgentInfo agent(const std::string& id, const std::string& host) const {
        return {
            AgentId(id),       host, "production", "dc1", {{"color", "green"}}, fleet::AgentState::active, "",
            key_.public_key(), now_};
    }
    fleet::Enrolment enrolment(const std::string& token, const std::string& agent_id,
                               std::string_view secret = "secret") const {
        fleet::Enrolment e{
            token, crypto::sha256(secret), agent(agent_id, "web-1"), decision("agent_enrolled"), {}, now_};
        return e;
    }
    static fleet::StateChange state(const std::string& id, fleet::AgentState state) {
        return {AgentId(id), state, "because", decision("agent_state_changed")};
    }

    Instant now_ = from_unix_seconds(1'800'000'000);
    crypto::SigningKey key_ = crypto::SigningKey::generate();
    Backend backend_;
};
using Backends = ::testing::Types<FakeBackend<fakes::FleetStore>, SqliteBackend>;
TYPED_TEST_SUITE(FleetStoreContract, Backends);

TYPED_TEST(FleetStoreContract, KeepsTokensAndAgentsAsTheyWereGiven) {
    const auto given = this->token("t1");
    ASSERT_TRUE(this->store().add_join_token(given, decision("join_token_created")).ok());
    EXPECT_EQ(this->store().add_join_token(given, decision("join_token_created")).error().code(),
              Code::already_exists);
    ASSERT_TRUE(this->store().enrol(this->enrolment("t1", "agent-1")).ok());
    this->backend_.reopen();
    const auto token = this->store().join_token("t1").value();
    ASSERT_TRUE(token.has_value());
    EXPECT_EQ(token->labels, given.labels);
    EXPECT_EQ(token->secret_sha256, given.secret_sha256);
    EXPECT_EQ(token->expires, given.expires);
    EXPECT_EQ(token->trust_version, 3);
    EXPECT_EQ(token->used, this->now_);
    const auto agent = this->store().agent(AgentId("agent-1")).value();
    ASSERT_TRUE(agent.has_value());
    EXPECT_EQ(agent->host, "web-1");
    EXPECT_EQ(agent->labels, (fleet::Labels{{"color", "green"}}));
    EXPECT_EQ(agent->state, fleet::AgentState::active);
    EXPECT_EQ(agent->record_key, this->key_.public_key());
    EXPECT_EQ(agent->enrolled, this->now_);
    EXPECT_FALSE(this->store().agent(AgentId("agent-2")).value().has_value());
    EXPECT_FALSE(this->store().join_token("t2").value().has_value());
}

TYPED_TEST(FleetStoreContract, AJoinTokenWorksExactlyOnceAndGivesOneAnswerToEverythingWrong) {
    ASSERT_TRUE(this->store().add_join_token(this->token("t1"), decision("join_token_created")).ok());
    auto late = this->enrolment("t1", "agent-1");
    late.now = this->now_ + minutes(10);
    const auto refused = [&](const fleet::Enrolment& enrolment) {
        const Status status = this->store().enrol(enrolment);
        return status.ok() ? std::string("enrolled") : status.error().message();
    };
    const std::string answer = refused(this->enrolment("unknown", "agent-1"));
    EXPECT_EQ(refused(late), answer);
    EXPECT_EQ(refused(this->enrolment("t1", "agent-1", "wrong")), answer);
    EXPECT_TRUE(this->store().agents().value().empty());
    ASSERT_TRUE(this->store().enrol(this->enrolment("t1", "agent-1")).ok());
    EXPECT_EQ(refused(this->enrolment("t1", "agent-2")), answer);
    EXPECT_EQ(this->store().enrol(this->enrolment("t1", "agent-2")).error().code(), Code::unauthenticated);
    EXPECT_EQ(this->store().agents().value().size(), 1U);
}

TYPED_TEST(FleetStoreContract, EnrollingAgainBansTheEarlierOneAndOnlyLiftingLeadsOutOfThat) {
    for (const char* id : {"t1", "t2"})
        ASSERT_TRUE(this->store().add_join_token(this->token(id), decision("join_token_created")).ok());
    ASSERT_TRUE(this->store().enrol(this->enrolment("t1", "old")).ok());
    auto again = this->enrolment("t2", "new");
    again.replaced = {this->state("old", fleet::AgentState::banned)};
    ASSERT_TRUE(this->store().enrol(again).ok());
    EXPECT_EQ(this->store().agent(AgentId("old")).value()->state, fleet::AgentState::banned);
    EXPECT_EQ(this->store().agent(AgentId("old")).value()->state_reason, "because");
    EXPECT_EQ(this->store().set_state(this->state("old", fleet::AgentState::active)).error().code(),
              Code::failed_precondition);
    EXPECT_EQ(this->store().set_state(this->state("nobody", fleet::AgentState::active)).error().code(),
              Code::not_found);
    auto lifted = this->state("old", fleet::AgentState::quarantined);
    lifted.lifts_ban = true;
    ASSERT_TRUE(this->store().set_state(lifted).ok());
    EXPECT_EQ(this->store().agent(AgentId("old")).value()->state, fleet::AgentState::quarantined);
    EXPECT_EQ(this->store().set_state(lifted).error().code(), Code::failed_precondition) << "no ban is left";
    ASSERT_TRUE(this->store().set_state(this->state("new", fleet::AgentState::quarantined)).ok());
    ASSERT_TRUE(this->store().set_state(this->state("new", fleet::AgentState::active)).ok());
    const auto all = this->store().agents().value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].agent_id, AgentId("new")) << "by host, then id";
}

TYPED_TEST(FleetStoreContract, TheCertificateThatAnAgentHoldsIsTheLastOneThatItCameWith) {
    ASSERT_TRUE(this->store().add_join_token(this->token("t1"), decision("join_token_created")).ok());
    ASSERT_TRUE(this->store().enrol(this->enrolment("t1", "a")).ok());
    const AgentId agent("a");
    EXPECT_FALSE(this->store().certificate_of(agent).value());
    for (const char* serial : {"01", "02", "03"})
        ASSERT_TRUE(this->store().add_certificate({serial, agent, this->now_, this->now_, "ca", {}}).ok());
    EXPECT_EQ(this->store().certificate_of(agent).value()->serial, "03") << "it came with none yet";
    EXPECT_EQ(this->store().certificate_of(agent).value()->issuer, "ca");
    ASSERT_TRUE(this->store().certificate_presented("02", agent, this->now_).ok());
    EXPECT_EQ(this->store().certificate_of(agent).value()->serial, "02");
    ASSERT_TRUE(this->store().certificate_presented("03", AgentId("b"), this->now_).ok());
    ASSERT_TRUE(this->store().certificate_presented("09", agent, this->now_).ok());
    EXPECT_EQ(this->store().certificate_of(agent).value()->serial, "02");
    ASSERT_TRUE(this->store().certificate_presented("03", agent, this->now_).ok());
    EXPECT_EQ(this->store().certificate_of(agent).value()->serial, "03");
    EXPECT_EQ(this->store().certificate_of(agent).value()->presented, this->now_);
}

}  // namespace
}  // namespace signalbox::contract
