// SPDX-License-Identifier: Apache-2.0
// The ledger: appends entries, signs a checkpoint for each group of them, and proves. Lives on the domain
// strand: every method is called there, and so are the callbacks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/async/strand.hpp"
#include "common/crypto/keys.hpp"
#include "controller/ledger/sealer.hpp"
#include "controller/ledger/store.hpp"

namespace signalbox::ledger {

// What an agent needs to drop records from its spool: proofs against one checkpoint.
struct Receipt {
    std::int64_t seq = 0;
    std::uint64_t index = 0;
    merkle::Proof proof;
};
struct AgentReceipts {
    std::vector<Receipt> receipts;
    SignedCheckpoint checkpoint;
    std::uint64_t from_size = 0;  // the agent's pin
    merkle::Proof consistency;    // from the pin to the checkpoint; empty when the pin is 0 or the same size
};

class Ledger {
  public:
    // A checkpoint is signed this long after the first append that none covers.
    static constexpr Duration kGroup = std::chrono::milliseconds(200);
    // After a failure (disk full) it is tried again this much later.
    static constexpr Duration kRetry = std::chrono::seconds(5);

    // All must outlive the ledger; it must be destroyed on the strand, or after the strand has stopped.
    Ledger(ClusterId cluster, const crypto::SigningKey& ledger_key, LedgerStore& store, async::Strand& strand,
           const Clock& clock);
    ~Ledger();
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    // Before anything else: checks that the newest checkpoint is ours and that the stored tree still has its
    // root, then signs one for what came after. Errors: data_loss (the ledger was changed or cut), the
    // store's.
    // `known`: keys other than the present one that may have signed the newest checkpoint.
    [[nodiscard]] Status open(const std::vector<crypto::PublicKey>& known = {});
    // From now on decisions and checkpoints are signed by `key`, and checkpoints by `also` too, for readers
    // who know the one and not the other. All must outlive the ledger.
    void use_keys(const crypto::SigningKey& key, std::vector<const crypto::SigningKey*> also);

    [[nodiscard]] const Sealer& sealer() const { return sealer_; }
    // That checkpoints are signed with.
    [[nodiscard]] const crypto::PublicKey& key() const { return key_->public_key(); }
    // For entries that change nothing else. Returns the index of the first.
    [[nodiscard]] Result<std::uint64_t> append(const std::vector<PendingEntry>& entries);
    // A decision, sealed and appended.
    [[nodiscard]] Result<std::uint64_t> append(std::string_view kind, json::Json data);
    // To be called after another store has appended entries: a checkpoint will follow.
    void appended();

    // Called after each new checkpoint has been stored. Stays for the ledger's life.
    void on_checkpoint(std::function<void(const SignedCheckpoint&)> callback);
    // Called when a checkpoint could not be made; it is tried again. Stays for the ledger's life.
    void on_trouble(std::function<void(const Error&)> callback);
    // Covers everything appended so far. Signs only when something is new; empty ledgers have one too.
    [[nodiscard]] Result<SignedCheckpoint> checkpoint_now();
    // The newest one, as stored; there is always one after open().
    [[nodiscard]] const SignedCheckpoint& latest() const { return latest_; }

    [[nodiscard]] Result<std::uint64_t> size();
    [[nodiscard]] Result<std::vector<StoredEntry>> entries(const EntryQuery& query);
    [[nodiscard]] Result<std::optional<AgentTail>> agent_tail(const AgentId& agent);
    [[nodiscard]] Result<std::optional<std::string>> output(const crypto::Digest& sha256);
    [[nodiscard]] Result<merkle::Proof> inclusion(std::uint64_t index, std::uint64_t size);
    [[nodiscard]] Result<merkle::Proof> consistency(std::uint64_t from, std::uint64_t to);
    // Proofs for this agent's records above `acked_seq` that the newest checkpoint covers, at most `limit`;
    // with 0 the checkpoint and its consistency alone. Errors: failed_precondition when the pin is larger
    // than the checkpoint (the agent has seen a longer ledger than this one: an alarm).
    [[nodiscard]] Result<AgentReceipts> receipts(const AgentId& agent, std::int64_t acked_seq,
                                                 std::uint64_t pinned_size, std::size_t limit = 200);

  private:
    void schedule(Duration delay);
    [[nodiscard]] merkle::NodeReader reader();
    [[nodiscard]] Result<merkle::Hash> root_at(std::uint64_t size);

    Sealer sealer_;
    const crypto::SigningKey* key_;
    std::vector<const crypto::SigningKey*> also_;
    LedgerStore& store_;
    async::Strand& strand_;
    const Clock& clock_;
    std::string origin_;
    SignedCheckpoint latest_;
    async::TimerId timer_ = async::TimerId::none;
    std::vector<std::function<void(const SignedCheckpoint&)>> listeners_;
    std::vector<std::function<void(const Error&)>> trouble_;
};

}  // namespace signalbox::ledger
