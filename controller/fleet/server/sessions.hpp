// SPDX-License-Identifier: Apache-2.0
// The connected agents: who is there, what they hand in, what they are told. One session an agent; a newer
// stream of the same agent takes the place of the older. Everything runs on the domain strand.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/async/strand.hpp"
#include "common/telemetry/logger.hpp"
#include "controller/fleet/record_sink.hpp"
#include "controller/fleet/server/intake.hpp"
#include "controller/fleet/server/session.hpp"
#include "controller/fleet/store.hpp"
#include "controller/fleet/trust_source.hpp"
#include "controller/ledger/ledger.hpp"
#include "controller/release/dispatch/agent_port.hpp"

namespace signalbox::fleet {

struct SessionSettings {
    ClusterId cluster;
    std::string version;                    // of this controller
    std::chrono::seconds heartbeat{30};     // what agents are told
    std::chrono::seconds hello_within{10};  // a stream that has not said hello by then is closed
};

// What the fleet list shows beside an enrolment.
struct Seen {
    Presence presence = Presence::offline;
    std::optional<Instant> last_heard;  // since this controller started
    std::string agent_version;
    std::int64_t trust_version = 0;
    std::string problem;
};

class Sessions final : public dispatch::AgentPort {
  public:
    // All must outlive the sessions.
    Sessions(SessionSettings settings, FleetStore& store, ledger::Ledger& ledger, const TrustSource& trust,
             async::Strand& strand, const Clock& clock, telemetry::Logger log);
    ~Sessions() override;

    // Who takes records and answers; before the first stream. They must outlive the sessions.
    void connect(RecordSink& sink, dispatch::AgentEvents& events);

    // A stream that an agent opened; the id is its certificate's. An agent that may not connect gets the
    // reason and the stream is closed.
    void opened(const AgentId& id, std::shared_ptr<SessionLink> link);
    // A message or the end of a stream; from a stream that was replaced it is ignored.
    void received(const AgentId& id, const SessionLink* link, v1::AgentMessage message);
    void closed(const AgentId& id, const SessionLink* link);

    [[nodiscard]] std::optional<dispatch::AgentView> info(const AgentId& agent) const override;
    [[nodiscard]] Status execute(const AgentId& agent, const dispatch::ExecuteOrder& order) override;
    [[nodiscard]] Status query(const AgentId& agent, const dispatch::QueryOrder& order) override;

    [[nodiscard]] Seen seen(const AgentId& agent) const;
    // Records the change, and cuts the stream when it is a ban. `proof` goes into the ledger entry.
    [[nodiscard]] Status set_state(const AgentId& agent, AgentState state, const std::string& reason,
                                   const std::string& by, json::Json proof = json::Json::object());
    // The enrolment was banned elsewhere (its host enrolled again): ends its stream.
    void cut(const AgentId& agent, const std::string& why);
    // A newer trust file is in force: sends it to everybody who lacks it.
    void trust_published();
    // Whether a step given to this agent on its present stream names the artifact.
    [[nodiscard]] bool may_fetch(const AgentId& agent, const crypto::Digest& sha256) const;
    // Says goodbye to everybody.
    void close_all(const std::string& why);

  private:
    Session* find(const AgentId& id, const SessionLink* link);
    void on_hello(Session& session, v1::Hello hello);
    void on_records(Session& session, v1::Records records);
    void on_alarm(Session& session, const Judgement& judgement);
    void send_receipts(Session& session);
    void push_trust(Session& session);
    void end(Session& session, const Error& why);
    void sweep();
    void schedule_sweep();
    void announce(const AgentId& id, std::function<void(dispatch::AgentEvents&)> what);

    SessionSettings settings_;
    FleetStore& store_;
    ledger::Ledger& ledger_;
    const TrustSource& trust_;
    async::Strand& strand_;
    const Clock& clock_;
    telemetry::Logger log_;
    RecordSink* sink_ = nullptr;
    dispatch::AgentEvents* events_ = nullptr;
    std::map<AgentId, Session> sessions_;
    std::map<AgentId, Seen> last_;  // of agents that went away; one an enrolment
    async::TimerId sweep_timer_ = async::TimerId::none;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace signalbox::fleet
