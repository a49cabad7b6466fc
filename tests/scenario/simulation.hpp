// SPDX-License-Identifier: Apache-2.0
// One run from a seed: the real engine over a virtual clock, hosts that follow the executor's rules, messages
// lost, delayed and doubled, hosts and the controller killed at any commit and between commit and effect, a
// person who halts, resumes, undoes and aborts. The invariants of a release are checked all along. For tests
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "controller/release/dispatch/engine.hpp"
#include "sim_agent.hpp"
#include "tests/fakes/fixed_random.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/manual_strand.hpp"
#include "tests/fakes/release_store.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::scenario {

struct Report {
    std::vector<std::string> violations;
    std::vector<std::string> story;  // what happened, when asked for
    std::map<std::string, int> endings;
    int crashes = 0;
};

class Simulation final : public dispatch::AgentPort, public dispatch::TrustPort {
  public:
    Simulation(std::uint64_t seed, bool tell);
    ~Simulation() override;
    [[nodiscard]] Report run();

    [[nodiscard]] std::optional<dispatch::AgentView> info(const AgentId& agent) const override;
    [[nodiscard]] Status execute(const AgentId& agent, const dispatch::ExecuteOrder& order) override;
    [[nodiscard]] Status query(const AgentId& agent, const dispatch::QueryOrder& order) override;
    [[nodiscard]] const trust::TrustFile* current() const override { return &trust_.file; }
    [[nodiscard]] const crypto::SigningKey& token_key() const override { return trust_.token; }

  private:
    struct Crash {};
    struct SentToken {
        std::string environment;
        ReleaseId release;
        StepId step;
        std::string agent_host;
        std::string nonce, jti;
        Instant expires{};
    };

    [[nodiscard]] double chance();
    void tell(const std::string& what);
    void violate(const std::string& what);
    void later(Duration delay, std::function<void()> task);
    // To or from a host: lost, delayed or doubled while faults are on.
    void message(std::function<void()> deliver);

    void boot();
    // Runs controller code; a Crash inside kills the controller.
    void controller(const std::function<void(dispatch::Engine&)>& code);
    void start_release();
    void person();
    void break_something();
    void connect(SimAgent& agent);
    void upload(SimAgent& agent);
    void check();
    void check_end();
    void check_replay();
    [[nodiscard]] SimAgent& agent(const AgentId& id);
    [[nodiscard]] std::optional<sequence::ReleaseState> stored(const ReleaseId& id);

    std::mt19937_64 random_;
    bool tell_;
    bool faults_ = true;
    double crash_rate_ = 0, loss_rate_ = 0;
    fakes::TrustFixture trust_;
    fakes::ManualClock clock_;
    fakes::FixedRandom jti_;
    fakes::ReleaseStore store_;
    ledger::Sealer sealer_;
    std::vector<std::unique_ptr<SimAgent>> agents_;
    std::unique_ptr<fakes::ManualStrand> strand_;
    std::unique_ptr<dispatch::Engine> engine_;
    std::multimap<Instant, std::function<void()>> pending_;
    std::vector<ReleaseId> releases_;
    std::vector<SentToken> sent_;
    std::map<ReleaseId, std::shared_ptr<const sequence::ReleaseSpec>> specs_;
    Report report_;
    Instant begin_{};
};

}  // namespace signalbox::scenario
