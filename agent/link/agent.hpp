// SPDX-License-Identifier: Apache-2.0
// The network face at work: between one stream to the controller and one connection to the executor it
// carries records up, receipts, trust files and steps down. It decides nothing and can execute nothing.
// start() and stop() from one thread; everything else happens on the agent's own strands.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "agent/enrol/identity.hpp"
#include "agent/fetch/fetcher.hpp"
#include "agent/link/executor_face.hpp"
#include "agent/link/renewal.hpp"
#include "agent/link/uplink.hpp"
#include "agent/link/wire.hpp"
#include "agent/link/workers.hpp"
#include "common/async/thread_strand.hpp"
#include "common/telemetry/logger.hpp"

namespace signalbox::link {

struct AgentSettings {
    std::string state_directory;  // exists, private, locked by the caller
    std::string executor_socket;
    std::string version;
    std::string hostname;
    BackoffLimits backoff;
    fetch::SpoolLimits spool;
};

class Agent {
  public:
    // Clock and random source must outlive it. Errors: failed_precondition (not enrolled), the disk's.
    [[nodiscard]] static Result<std::unique_ptr<Agent>> create(AgentSettings settings, const Clock& clock,
                                                               crypto::Random& random, telemetry::Logger log);
    ~Agent();
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    void start();
    // Ends the stream, breaks off what is under way, joins. Idempotent.
    void stop();
    // Whether the agent's strand answers in time; for a watchdog. Not from the strand.
    [[nodiscard]] bool alive(std::chrono::milliseconds within = std::chrono::seconds(10));

  private:
    Agent(AgentSettings settings, enrol::Identity identity, const Clock& clock, crypto::Random& random,
          telemetry::Logger log);

    void come_back(std::function<void(const Status&)> done);
    void on_lost(const Error& why);
    void greet();
    void on_welcome(const v1::Welcome& welcome);
    void on_message(v1::ControllerMessage message);
    void on_execute(v1::Execute execute);
    void run_step(std::shared_ptr<const v1::Execute> execute, std::vector<fetch::Wanted> artifacts,
                  Result<std::vector<os::UniqueFd>> files);
    void answer_step(const v1::Execute& execute, const std::vector<fetch::Wanted>& artifacts,
                     const Result<ipc::ExecuteReply>& reply);
    void on_query(const v1::Query& query);
    void on_receipts(const v1::Receipts& receipts);
    void on_trust(const std::string& text);
    void on_withdrawal(const std::string& text);
    void on_executor_event(const ipc::Event& event);
    void on_probe(const ipc::ProbeEvent& probe);
    void pump();
    void beat();

    AgentSettings settings_;
    enrol::IdentityStore store_;
    enrol::Identity identity_;
    Ourselves ourselves_;
    const Clock& clock_;
    telemetry::Logger log_;

    // On strand_.
    bool executor_up_ = false;
    bool executor_known_ = false;  // it was found or missed at least once
    bool pumping_ = false;
    bool pump_again_ = false;
    std::int64_t sent_to_ = 0;  // the last record that this stream carries
    std::chrono::seconds heartbeat_{30};
    async::TimerId beat_timer_ = async::TimerId::none;
    bool answers_without_ = false;  // the controller, without a certificate, since the last stream was lost
    Instant greeted_again_{};
    std::set<std::string> steps_;  // being fetched for or handed over now
    bool stopped_ = false;

    // The strands last, so that they end first. None waits for another.
    std::unique_ptr<Uplink> uplink_;
    std::unique_ptr<Renewal> renewal_;
    async::ThreadStrand strand_;
    std::unique_ptr<ExecutorFace> executor_;
    std::unique_ptr<fetch::Fetcher> fetcher_;
    Workers probes_;
};

}  // namespace signalbox::link
