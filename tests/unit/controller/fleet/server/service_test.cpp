// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/service.hpp"

#include "tests/unit/controller/fleet/server/fleet_fixture.hpp"

namespace signalbox::fleet {
namespace {

class FleetService : public Fleet {
  protected:
    fakes::FixedRandom random;
    access::Caller caller{"ann", "000000000000", {}, ""};
    Service service{{cluster, "c:7443", to_bytes("ca")}, sessions, store, ledger, trust, random, clock};
};

TEST_F(FleetService, ListsWhoIsThereAndWhoIsNot) {
    EXPECT_EQ(service.list_agents(caller, {})->agents(0).presence(), "offline");
    const auto link = connect();
    hand_in(link, 1, records.next());
    const auto listed = service.list_agents(caller, {});
    ASSERT_EQ(listed->agents_size(), 1);
    EXPECT_EQ(listed->agents(0).presence(), "online");
    EXPECT_EQ(listed->agents(0).host(), "web-1");
    EXPECT_EQ(listed->agents(0).last_seq(), 1U);
    EXPECT_EQ(listed->agents(0).record_kid(), info.record_key.id().str());
    EXPECT_EQ(service.counts()->online, 1U);
}

TEST_F(FleetService, AHostThatNobodyKnowsIsNotSaidToBeBanned) {
    v1::ShowAgentRequest request;
    request.set_agent("nosuch");
    const auto shown = service.show_agent(caller, request);
    ASSERT_FALSE(shown.ok());
    EXPECT_EQ(shown.error().code(), Code::not_found);
    EXPECT_EQ(shown.error().message(), "no agent or host 'nosuch'");
}

TEST_F(FleetService, ChangesTheStateByHostNameWithAReason) {
    v1::SetAgentStateRequest request;
    request.set_agent("web-1");
    request.set_state("quarantined");
    EXPECT_EQ(service.set_agent_state(caller, request).error().code(), Code::invalid_argument) << "no reason";
    request.set_reason("looks odd");
    const auto done = service.set_agent_state(caller, request);
    ASSERT_TRUE(done.ok()) << done.error().to_string();
    EXPECT_EQ(done->agent().state(), "quarantined");
    request.set_agent("nobody");
    EXPECT_EQ(service.set_agent_state(caller, request).error().code(), Code::not_found);
    request.set_agent("web-1");
    request.set_state("asleep");
    EXPECT_EQ(service.set_agent_state(caller, request).error().code(), Code::invalid_argument);
}

TEST_F(FleetService, OnlyAnAdministratorLiftsABanAndOnlyIntoQuarantine) {
    ASSERT_TRUE(sessions.set_state(agent, AgentState::banned, "stolen", "admin").ok());
    v1::SetAgentStateRequest request;
    request.set_agent("web-1");
    request.set_state("quarantined");
    request.set_reason("found again");
    EXPECT_EQ(service.set_agent_state(caller, request).error().code(), Code::not_found)
        << "a banned host is not named by accident";
    request.set_lift_ban(true);
    EXPECT_EQ(service.set_agent_state(caller, request).error().code(), Code::permission_denied);
    caller.roles = {access::Role::administrator};
    request.set_state("active");
    EXPECT_EQ(service.set_agent_state(caller, request).error().code(), Code::invalid_argument);
    request.set_state("quarantined");
    const auto done = service.set_agent_state(caller, request);
    ASSERT_TRUE(done.ok()) << done.error().to_string();
    EXPECT_EQ(done->agent().state(), "quarantined");
}

TEST_F(FleetService, AnAmbiguousHostNameChangesNobody) {
    AgentInfo twin = info;
    twin.agent_id = id_of(2);
    twin.environment = "staging";
    store.put(twin);
    v1::SetAgentStateRequest request;
    request.set_agent("web-1");
    request.set_state("banned");
    request.set_reason("stolen");
    EXPECT_EQ(service.set_agent_state(caller, request).error().code(), Code::invalid_argument);
    EXPECT_EQ(state(), AgentState::active);
}

}  // namespace
}  // namespace signalbox::fleet
