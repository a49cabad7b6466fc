// SPDX-License-Identifier: Apache-2.0
// Engine: the imperative shell around the sequencer. Applies each event in one store commit (state, ledger
// entries, queued effects), then carries the effects out at least once, under idempotency keys. Lives on the
// domain strand: every method is called there, and so are the callbacks.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/async/strand.hpp"
#include "common/crypto/random.hpp"
#include "common/telemetry/logger.hpp"
#include "controller/fleet/record_sink.hpp"
#include "controller/gate/gate.hpp"
#include "controller/ledger/sealer.hpp"
#include "controller/release/dispatch/agent_port.hpp"
#include "controller/release/dispatch/loaded.hpp"
#include "controller/release/dispatch/secrets_port.hpp"
#include "controller/release/dispatch/store.hpp"
#include "controller/release/dispatch/trust_port.hpp"
#include "controller/release/sequence/sequence.hpp"

namespace signalbox::dispatch {

// What the engine works with; all must outlive it.
struct EngineParts {
    ReleaseStore& store;
    const ledger::Sealer& sealer;
    AgentPort& agents;
    TrustPort& trust;
    async::Strand& strand;
    const Clock& clock;
    crypto::Random& random;
    gate::Gates gates;
    telemetry::Logger log;
    std::function<void()> appended;  // after each commit that appended to the ledger
    std::function<void()>
        fenced;  // another controller has taken the store's lease: nothing more is done here
    SecretsPort* secrets = nullptr;  // null: no step may name any
};

class Engine final : public AgentEvents, public fleet::RecordSink {
  public:
    // Gates of waiting releases are judged at least so often.
    static constexpr Duration kJudgeEvery = std::chrono::seconds(10);
    // After a commit failed (disk full), what is due is tried again this much later.
    static constexpr Duration kRetry = std::chrono::seconds(5);

    explicit Engine(EngineParts parts);
    // On the strand, or after it has stopped.
    ~Engine() override;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Before anything else: loads what is unfinished, marks what was in flight to be asked for, and takes up
    // the queued effects. Errors: data_loss, the store's.
    [[nodiscard]] Status open();

    // Stores the release with its approval documents and starts it. Errors: conflict (another release of the
    // service is unfinished; the counter is taken: plan again), the store's.
    // `entries` go into the ledger with it.
    [[nodiscard]] Status start(Loaded release, std::vector<ledger::PendingEntry> entries = {});
    // Errors: those of sequence::allowed, not_found, failed_precondition (a later release is on the hosts).
    [[nodiscard]] Status command(const sequence::Command& command);
    // Replaces the document's envelope, with the ledger's entry of it. Errors: not_found, the store's.
    [[nodiscard]] Status approve(ApprovalDocument document, ledger::PendingEntry entry);
    // An approval, or a standing approval, is withdrawn from now on, with the ledger's entry of it; `by`
    // halts in the same commit what runs under it. Errors: the store's.
    [[nodiscard]] Status withdraw(const StoredWithdrawal& withdrawal, const std::string& by,
                                  const std::string& reason, ledger::PendingEntry entry);
    // The withdrawal of the approval with this digest, or nullptr.
    [[nodiscard]] const StoredWithdrawal* withdrawal_of(const crypto::Digest& approval) const;
    // What hosts of the environment have to know: approvals that could still be used otherwise.
    [[nodiscard]] std::vector<std::string> withdrawals_for(const std::string& environment);
    // Called after each withdrawal. Stays for the engine's life.
    void on_withdrawal(std::function<void(const StoredWithdrawal&)> listener);
    // The trust file in force is another one now.
    void trust_changed();
    // Gates' verdicts on a plan that is not started.
    [[nodiscard]] Result<std::vector<sequence::Verdict>> preview(const plan::Plan& plan,
                                                                 const plan::PlanEnvironment& environment,
                                                                 const StartTerms& terms,
                                                                 const gate::ApprovalFacts& approval);

    // Called after each commit, for every release that changed. Stays for the engine's life.
    void on_change(std::function<void(const ReleaseId&)> listener);

    [[nodiscard]] const sequence::State& state() const { return state_; }
    // Of an unfinished release; nullptr otherwise. Valid until the next call.
    [[nodiscard]] const Loaded* loaded(const ReleaseId& id) const;
    [[nodiscard]] Instant now();

    void agent_ready(const AgentId& agent) override;
    void agent_gone(const AgentId& agent, const std::string& why) override;
    void execute_answered(const AgentId& agent, const ExecuteAnswer& answer) override;
    void query_answered(const AgentId& agent, const QueryAnswer& answer) override;
    [[nodiscard]] Status accept(const AgentId& agent, std::vector<fleet::VerifiedRecord> records) override;

  private:
    struct Queued {
        std::string key;
        sequence::Effect effect;
    };

    // Events and `extra` in one commit; nothing changed when it fails.
    [[nodiscard]] Status apply(const std::vector<sequence::Event>& events, Commit extra = {});
    // Somebody else holds the lease: this engine may neither store nor send anything any more.
    void fence(const Error& why);
    // For what nobody waits for: logs a failure and sees to it that what is due is tried again. True: stored.
    bool feed(const sequence::Event& event, Commit extra = {});
    [[nodiscard]] Status record_placements(const sequence::State& before, const sequence::State& after,
                                           Commit& commit) const;
    void wake_at(Instant when);
    void retry_later();
    void tick();
    void see_replaced();
    void see_agents(const ReleaseId& id);

    void run_soon();
    void run_effects();
    // False: nothing could be stored, so it must be tried again.
    [[nodiscard]] bool dispatch(const sequence::Dispatch& order);
    void query(const sequence::Query& order);
    // The values that the step names, sealed to its host. Errors: unavailable.
    Result<secret::Sealed> seal_secrets(const plan::PlanStep& step, const std::string& environment,
                                        const AgentView& agent) const;
    // approved(), but verifies a document once: it names every step of its environment.
    [[nodiscard]] Status still_approved(const Loaded& release, const std::string& environment, bool undo);
    // The withdrawal of the environment's document, or of the standing approval that it is under; or nullptr.
    [[nodiscard]] const StoredWithdrawal* withdrawn(const Loaded& release,
                                                    std::string_view environment) const;
    [[nodiscard]] Status may_resume(const ReleaseId& id) const;

    void judge_soon();
    void judge();
    [[nodiscard]] Result<std::vector<sequence::Verdict>> judge(const plan::Plan& plan,
                                                               const std::string& stage,
                                                               const gate::ApprovalFacts& approval,
                                                               const StartTerms& terms,
                                                               std::optional<bool> previous_succeeded);
    [[nodiscard]] Result<std::vector<gate::Promotion>> promotions(const plan::Plan& plan);
    [[nodiscard]] Status not_superseded(const Loaded& release, const sequence::ReleaseState& state);
    [[nodiscard]] Status bring_back(const ReleaseId& id);

    EngineParts parts_;
    sequence::State state_;
    std::map<ReleaseId, Loaded> loaded_;
    Instant last_now_{};
    std::set<std::pair<ReleaseId, std::string>> approved_;  // environments whose approval was verified …
    std::int64_t approved_under_ = 0;                       // … under this version of the trust file
    std::map<std::string, StoredWithdrawal> withdrawals_;   // by the approval's digest in hex
    std::deque<Queued> queued_;
    std::vector<Queued> deferred_;   // could not be stored; queued again by the next tick
    std::vector<std::string> done_;  // outbox keys to remove with the next commit
    bool running_ = false;
    std::int64_t epoch_ = 0;  // of our lease
    bool fenced_ = false;     // somebody else holds it now
    bool run_posted_ = false;
    bool judge_posted_ = false;
    async::TimerId wake_ = async::TimerId::none;
    async::TimerId retry_ = async::TimerId::none;  // apart: a Wake must not put it off
    async::TimerId judge_timer_ = async::TimerId::none;
    std::vector<std::function<void(const ReleaseId&)>> listeners_;
    std::vector<std::function<void(const StoredWithdrawal&)>> withdrawal_listeners_;
    // Posted tasks hold a weak one, so that they do nothing once the engine is gone.
    std::shared_ptr<Engine*> self_;
};

}  // namespace signalbox::dispatch
