// SPDX-License-Identifier: Apache-2.0
// A host that follows the executor's rules: admission, attempts counted under the approval, started and
// finished records, interrupted after a crash. Its journal survives its crashes. What it changed is kept as a
// set, so that anybody can see what a release left behind. For tests only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/record/record.hpp"
#include "common/token/token.hpp"
#include "common/trust/approval.hpp"
#include "controller/fleet/record_sink.hpp"
#include "controller/release/dispatch/agent_port.hpp"

namespace signalbox::scenario {

// Parsed approvals by their text: hosts get the same one with every order.
class Approvals {
  public:
    struct Entry {
        trust::Approval approval;
        crypto::Digest digest;
    };
    // nullptr: it is none.
    [[nodiscard]] const Entry* find(const std::string& envelope);

  private:
    std::unordered_map<std::string, std::unique_ptr<Entry>> known_;
};

// A forward step of a release that left a mark on its host.
struct Mark {
    ReleaseId release;
    StepId step;
    friend auto operator<=>(const Mark&, const Mark&) = default;
};

// How the steps of a host go.
struct Temper {
    double failure_rate = 0;
    double slow_rate = 0;  // these take up to their deadline, or time out
    std::int64_t usual_ms = 5'000;
    bool exact = false;  // always that long
};

class Host {
  public:
    using Key = std::pair<std::string, StepId>;  // approval digest (hex), step
    struct Journal {
        dispatch::QueryState state = dispatch::QueryState::never;
        ReleaseId release;
        StepId undo_of;
        int attempt = 0;     // of the newest execution
        int executions = 0;  // must never be more than approved
        int approved = 0;
        std::string outcome;
        std::string jti;  // of the newest execution
    };
    // To be finished at `ends`, unless the executor dies before.
    struct Running {
        Key key;
        Instant ends{};
    };

    Host(std::string name, std::string environment, AgentId agent, const crypto::SigningKey& record_key,
         std::mt19937_64& random, Approvals& approvals);

    [[nodiscard]] dispatch::ExecuteAnswer execute(const dispatch::ExecuteOrder& order, Instant now);
    [[nodiscard]] dispatch::QueryAnswer query(const dispatch::QueryOrder& order) const;
    // The work that execute() began, once.
    [[nodiscard]] std::optional<Running> take_begun();
    void finish(const Key& key, Instant now);
    // The executor dies and comes back: a new nonce; what ran was interrupted.
    void crash(Instant now);

    // Whether a token with this nonce and these ends could still be admitted.
    [[nodiscard]] bool may_admit(const std::string& token_nonce, const std::string& jti, Instant expires,
                                 Instant window_end, Instant now) const;
    // Records that are not acknowledged, in order.
    [[nodiscard]] const std::vector<fleet::VerifiedRecord>& unsent() const { return outbox_; }
    void acknowledge(std::int64_t seq);
    // Any that it ever made.
    [[nodiscard]] const record::ActionRecord& record_of(std::int64_t seq) const {
        return made_[static_cast<std::size_t>(seq - 1)];
    }
    [[nodiscard]] bool idle() const { return running_ == 0; }

    std::string name;
    std::string environment;
    AgentId id;
    const crypto::SigningKey& record_key;
    std::string nonce;
    int session = 0;         // the controller that it is connected to; 0: none
    bool gone = false;       // replaced by another agent
    Duration clock_ahead{};  // of true time; negative: behind
    Temper temper;
    bool seals = false;  // real records
    std::map<Key, Journal> journal;
    std::set<Mark> marks;
    std::map<StepId, std::string> script;  // what becomes of the next execution of a step: an outcome

  private:
    [[nodiscard]] std::string admit(const token::Claims& claims, const dispatch::ExecuteOrder& order,
                                    const Approvals::Entry*& approval, Instant now);
    void end(const Key& key, Journal& step, const std::string& outcome, bool applied, Instant now);
    void add(record::Kind kind, const Key& key, const Journal& step, Instant now);
    [[nodiscard]] double chance();
    [[nodiscard]] Instant wall(Instant now) const { return now + clock_ahead; }

    std::mt19937_64& random_;
    Approvals& approvals_;
    std::set<std::string> used_;  // jti
    std::optional<Running> begun_;
    std::vector<record::ActionRecord> made_;  // by seq, from 1
    std::vector<fleet::VerifiedRecord> outbox_;
    Instant floor_{};
    std::int64_t next_seq_ = 1;
    int running_ = 0;
    int nonces_ = 0;
};

}  // namespace signalbox::scenario
