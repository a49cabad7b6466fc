// SPDX-License-Identifier: Apache-2.0
// The seven invariants of a release, as somebody sees them who knows hosts, ledger and people, but not the
// sequencer's reasons. Told of every commit, every token that is sent and every change. For tests only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "breaker_watch.hpp"
#include "common/evidence/throttle_audit.hpp"
#include "common/token/token.hpp"
#include "controller.hpp"
#include "host.hpp"

namespace signalbox::scenario {

enum class Invariant { gates, throttle, attempts, halt, undo, ledger, fairness, hours, lease, end, breaker };
[[nodiscard]] std::string_view to_string(Invariant invariant);

struct Violation {
    Invariant invariant;
    std::string what;
};

// What of the world it looks at; the references must outlive it.
struct Watched {
    const fakes::ReleaseStore& store;
    std::function<Instant()> now;  // true time
    std::function<const Host*(const AgentId&)> host;
    std::function<bool(const ReleaseId&, const std::string&)> gates_passed;  // by environment
    std::function<bool(const ReleaseId&, const std::string&)> is_signed;
};

class Watcher {
  public:
    explicit Watcher(Watched watched) : watched_(std::move(watched)) {}

    void started(std::shared_ptr<const sequence::ReleaseSpec> spec);
    // The store holds it now.
    void committed(const dispatch::Commit& commit);
    void changed(const Controller& at, const ReleaseId& release);
    void booted(const Controller& at);
    // A controller gave a token away. `order` is on its way.
    void sent(const Controller& by, const Host& to, const dispatch::ExecuteOrder& order);
    // All releases have ended, hosts are quiet.
    void ended(const ReleaseId& release, const sequence::ReleaseState& state);
    void not_ended(const ReleaseId& release, const std::string& why);
    // The throttle audit of the whole ledger saw no less than was in flight, and no limit exceeded.
    void audited();

    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
    [[nodiscard]] int longest_wait() const { return longest_wait_; }
    [[nodiscard]] const sequence::State& replayed() const { return replayed_; }
    std::function<void(const Violation&)> on_violation;

  private:
    struct Token {
        ReleaseId release;
        StepId step;
        const Host* host;
        Host::Key journal;
        std::string nonce, jti;
        Instant expires{}, window_end{};
        std::vector<std::string> scopes;
        BreakerWatch::Live live;
    };

    void violate(Invariant invariant, std::string what);
    void replay(const ledger::PendingEntry& entry);
    void check_outcome(const sequence::ReleaseState& release, sequence::StepIndex step);
    void check_gates(const sequence::ReleaseState& release, const std::string& environment,
                     const dispatch::ExecuteOrder& order);
    void check_hours(const sequence::ReleaseState& release, const sequence::StageSpec& stage,
                     const sequence::StepSpec& step, Instant now);
    void check_throttle(const sequence::ReleaseState& release, const sequence::StageSpec& stage, Token token,
                        Instant now);
    void check_fairness(const Controller& by, const sequence::ReleaseState& served, Instant now);
    void count_in_flight();
    void check_breakers(const Controller& by);
    void audit(const ledger::PendingEntry& entry);
    [[nodiscard]] bool may_run(const Token& token) const;
    [[nodiscard]] bool left_a_mark(const sequence::StepSpec& step, const ReleaseId& release) const;

    Watched watched_;
    std::vector<Violation> violations_;
    std::map<ReleaseId, std::shared_ptr<const sequence::ReleaseSpec>> specs_;
    sequence::State replayed_;
    std::map<ReleaseId, std::vector<sequence::StepStatus>> seen_;
    std::set<ReleaseId> halted_;  // by a person
    std::vector<Token> tokens_;
    std::map<std::string, std::size_t> most_;  // in flight at once, by scope
    evidence::ThrottleAudit audit_;
    std::uint64_t entries_ = 0;
    BreakerWatch breakers_;
    std::map<ReleaseId, int> passed_over_;
    int longest_wait_ = 0;
};

}  // namespace signalbox::scenario
