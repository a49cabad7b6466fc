// SPDX-License-Identifier: Apache-2.0
// A host that follows the executor's rules: admission, attempts counted under the approval, started and
// finished records, interrupted after a crash. Its journal survives its crashes. For tests only.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/record/record.hpp"
#include "controller/fleet/record_sink.hpp"
#include "controller/release/dispatch/agent_port.hpp"

namespace signalbox::scenario {

class SimAgent {
  public:
    struct Journal {
        dispatch::QueryState state = dispatch::QueryState::never;
        int attempt = 0;     // of the newest execution
        int executions = 0;  // must never be more than approved
        int approved = 0;
        std::string outcome;
        Instant ends{};
        std::string service, kind;
    };

    SimAgent(std::string host, std::uint8_t key, std::mt19937_64& random);

    [[nodiscard]] dispatch::ExecuteAnswer execute(const dispatch::ExecuteOrder& order, Instant now);
    [[nodiscard]] dispatch::QueryAnswer query(const dispatch::QueryOrder& order) const;
    // Finishes what has run its time.
    void advance(Instant now);
    // The executor dies and comes back: a new nonce; what ran was interrupted.
    void crash(Instant now);
    // Records that are not acknowledged, in order.
    [[nodiscard]] std::vector<fleet::VerifiedRecord> unsent() const;
    void acknowledge(std::int64_t seq);
    [[nodiscard]] bool idle() const { return running_ == 0; }

    std::string host;
    AgentId id;
    crypto::SigningKey record_key;
    std::string nonce;
    bool online = false;
    double failure_rate = 0;
    std::map<std::pair<std::string, StepId>, Journal> journal;  // approval digest (hex), step
    std::set<std::string> used;                                 // jti
    std::map<std::string, std::string> version;                 // service -> what it runs

  private:
    void finish(const std::pair<std::string, StepId>& key, Journal& step, const std::string& outcome,
                bool applied, Instant now);
    void add(record::Kind kind, const std::pair<std::string, StepId>& key, const Journal& step, Instant now);
    [[nodiscard]] double chance();

    std::mt19937_64& random_;
    std::vector<fleet::VerifiedRecord> outbox_;
    std::int64_t next_seq_ = 1;
    int running_ = 0;
    int nonces_ = 0;
};

}  // namespace signalbox::scenario
