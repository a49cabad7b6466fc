// SPDX-License-Identifier: Apache-2.0
// The connected agents: who is there, what they hand in, what they are told. One session an agent: a newer
// stream takes the place of the older with its first hello, and what the older still carries is taken, so
// that an agent may change its stream (for a new certificate) and lose nothing. Everything runs on the domain
// strand. States and alarms: sessions_states.cpp.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
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
    std::chrono::seconds leave_within{10};  // a stream that another took the place of is closed by then
    std::chrono::seconds alarm_every{600};  // the ledger keeps at most one alarm about an agent in this time
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
    // A message or the end of a stream; from a stream that was cut it is ignored.
    void received(const AgentId& id, const SessionLink* link, v1::AgentMessage message);
    void closed(const AgentId& id, const SessionLink* link);

    [[nodiscard]] std::optional<dispatch::AgentView> info(const AgentId& agent) const override;
    [[nodiscard]] Status execute(const AgentId& agent, const dispatch::ExecuteOrder& order) override;
    [[nodiscard]] Status query(const AgentId& agent, const dispatch::QueryOrder& order) override;

    [[nodiscard]] Seen seen(const AgentId& agent) const;
    // Records the change, and cuts the stream when it is a ban. `proof` goes into the ledger entry.
    [[nodiscard]] Status set_state(const AgentId& agent, AgentState state, const std::string& reason,
                                   const std::string& by, json::Json proof = json::Json::object());
    // Out of a ban into quarantine. Errors: failed_precondition (it is not banned, or its host has enrolled
    // again since: an identity that was replaced never comes back), not_found.
    [[nodiscard]] Status lift_ban(const AgentId& agent, const std::string& reason, const std::string& by);
    // The enrolment was banned elsewhere (its host enrolled again): ends its streams, also of artifacts.
    void cut(const AgentId& agent, const std::string& why);
    // Somebody with this agent's certificate did what no agent does. Logged, and kept in the ledger.
    void alarm(const AgentId& agent, const std::string& code, const std::string& problem);
    // A newer trust file is in force: sends it to everybody who lacks it.
    void trust_published();
    // Asks the agent to renew its certificate now. False: it is not connected.
    bool ask_to_renew(const AgentId& agent);
    // Leave to fetch an artifact: when a step given to this agent names it. True until the agent is cut off;
    // read from any thread. Otherwise nullptr.
    using FetchPass = std::shared_ptr<const std::atomic<bool>>;
    [[nodiscard]] FetchPass may_fetch(const AgentId& agent, const crypto::Digest& sha256);
    // Where the withdrawals come from that hosts of an environment have to know; before the first stream.
    using Withdrawals = std::function<std::vector<std::string>(const std::string& environment)>;
    void know_withdrawals(Withdrawals withdrawals) { withdrawals_ = std::move(withdrawals); }
    // Sends one to everybody of the environment who is there; the others get it when they come.
    void withdrawn(const std::string& environment, const std::string& envelope);
    // Says goodbye to everybody.
    void close_all(const std::string& why);

  private:
    Session* find(const AgentId& id, const SessionLink* link);
    // The stream said hello for the first time: from now on it is the agent's. Nothing when that failed.
    Session* take_over(const AgentId& id);
    void on_hello(Session& session, v1::Hello hello);
    void watch_for_twin(const Session& session);
    void on_records(Session& session, v1::Records records);
    void on_rotated(const AgentInfo& agent);
    void announce_readiness(const Session& session);
    void on_alarm(Session& session, const Judgement& judgement);
    void announce_state(const AgentId& id, AgentState state);
    void owe_receipts(const AgentId& id);
    void show_checkpoint(Session& session);
    void send_receipts(Session& session);
    void push_trust(Session& session);
    void push_withdrawals(Session& session);
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
    Withdrawals withdrawals_;
    // An executor's start. Its nonce never comes again once another took its place: if it does, two run.
    struct Start {
        std::string nonce;
        std::string boot_id;
    };
    std::map<AgentId, std::shared_ptr<std::atomic<bool>>>
        passes_;                                   // of artifacts on their way; taken back by a ban
    std::map<AgentId, Session> sessions_;          // those that said hello
    std::map<AgentId, Session> arriving_;          // have not said hello yet; one an agent
    std::map<AgentId, Session> leaving_;           // replaced, and not closed yet; one an agent
    std::map<AgentId, Seen> last_;                 // of agents that went away; one an enrolment
    std::map<AgentId, std::deque<Start>> starts_;  // newest last
    std::map<AgentId, Instant> alarmed_;           // when the ledger took an alarm last
    async::TimerId sweep_timer_ = async::TimerId::none;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace signalbox::fleet
