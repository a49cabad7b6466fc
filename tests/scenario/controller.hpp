// SPDX-License-Identifier: Apache-2.0
// One controller process on its own machine: the real engine on a manual strand, with a clock that can be
// set. It dies of a Crash that anything inside it throws. For tests only.
#pragma once

#include <functional>
#include <memory>

#include "common/telemetry/logger.hpp"
#include "controller/release/dispatch/engine.hpp"
#include "tests/fakes/fixed_random.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/manual_strand.hpp"
#include "tests/fakes/release_store.hpp"

namespace signalbox::scenario {

struct Crash {};
class Controller;

// How a controller reaches hosts; the simulation is the network.
class Network {
  public:
    virtual ~Network() = default;
    [[nodiscard]] virtual std::optional<dispatch::AgentView> info(const Controller& from,
                                                                  const AgentId& agent) const = 0;
    [[nodiscard]] virtual Status execute(Controller& from, const AgentId& agent,
                                         const dispatch::ExecuteOrder& order) = 0;
    [[nodiscard]] virtual Status query(Controller& from, const AgentId& agent,
                                       const dispatch::QueryOrder& order) = 0;
    // A release's state is another one now.
    virtual void changed(Controller& at, const ReleaseId& release) = 0;
};

class Controller final : public dispatch::AgentPort, public dispatch::TrustPort {
  public:
    // All must outlive it.
    struct Parts {
        Network& network;
        fakes::ReleaseStore& store;
        const ledger::Sealer& sealer;
        std::function<gate::Gates()> gates;
    };
    Controller(Parts parts, int number, Instant clock);

    // Takes the lease and begins; false: the disk is full, or it was killed.
    [[nodiscard]] bool boot();
    // Runs code on its strand, and whatever that posts. A Crash inside kills it.
    void run(const std::function<void(dispatch::Engine&)>& code);
    void kill();
    // Time goes on here too.
    void advance(Duration by);
    [[nodiscard]] std::optional<Duration> next_timer() const;  // from now

    [[nodiscard]] bool alive() const { return engine_ != nullptr; }
    [[nodiscard]] bool fenced() const { return fenced_; }
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] std::int64_t epoch() const { return epoch_; }
    [[nodiscard]] dispatch::Engine& engine() const { return *engine_; }
    [[nodiscard]] fakes::ManualClock& clock() { return clock_; }
    // Of the controller whose code runs now; nullptr: none does.
    [[nodiscard]] static Controller* at_work() { return at_work_; }

    [[nodiscard]] std::optional<dispatch::AgentView> info(const AgentId& agent) const override;
    [[nodiscard]] Status execute(const AgentId& agent, const dispatch::ExecuteOrder& order) override;
    [[nodiscard]] Status query(const AgentId& agent, const dispatch::QueryOrder& order) override;
    [[nodiscard]] const trust::TrustFile* current() const override;
    [[nodiscard]] const crypto::SigningKey& token_key() const override;

  private:
    Parts parts_;
    int number_;
    fakes::ManualClock clock_;
    fakes::FixedRandom jti_;
    std::unique_ptr<fakes::ManualStrand> strand_;
    std::unique_ptr<dispatch::Engine> engine_;
    std::int64_t epoch_ = 0;
    bool fenced_ = false;
    static thread_local Controller* at_work_;
};

}  // namespace signalbox::scenario
