// SPDX-License-Identifier: Apache-2.0
// LedgerStore: where entries, the hashes of complete subtrees and signed checkpoints are kept. Appends only.
// Called on the domain strand only. Other stores append to the same ledger in their own transactions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/merkle/checkpoint.hpp"
#include "common/merkle/tree.hpp"
#include "controller/ledger/entry.hpp"

namespace signalbox::ledger {

// The last record of an agent that the ledger holds; what the next one must continue.
struct AgentTail {
    std::int64_t seq = 0;
    std::uint64_t index = 0;
    crypto::Digest payload_sha256;
};

// Which entries; all conditions together.
struct EntryQuery {
    std::uint64_t from = 0;                 // lowest index
    std::optional<std::uint64_t> before{};  // index below this one
    std::optional<AgentId> agent{};         // records of this agent only…
    std::int64_t after_seq = 0;             // …with a higher seq than this
    std::string kind{};                     // exactly this kind; empty: any
    std::size_t limit = 100;                // at most this many
    bool newest_first = false;
    bool with_output = false;  // fill out and err
};

struct SignedCheckpoint {
    merkle::Checkpoint checkpoint;
    std::string note;  // C2SP signed note
};

class LedgerStore {
  public:
    virtual ~LedgerStore() = default;

    // All or none, in this order; returns the index of the first. Errors: conflict (an agent's seq that is
    // already there), unavailable (also: the disk is full).
    [[nodiscard]] virtual Result<std::uint64_t> append(const std::vector<PendingEntry>& entries) = 0;
    [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
    // The hash of a complete subtree (merkle::NodeReader). Errors: data_loss when it is not there.
    [[nodiscard]] virtual Result<merkle::Hash> node(unsigned level, std::uint64_t index) = 0;
    // In the order of their indexes, or the reverse.
    [[nodiscard]] virtual Result<std::vector<StoredEntry>> entries(const EntryQuery& query) = 0;
    [[nodiscard]] virtual Result<std::optional<AgentTail>> agent_tail(const AgentId& agent) = 0;
    // Errors: conflict when a checkpoint of this size is kept with another root.
    [[nodiscard]] virtual Status save_checkpoint(const SignedCheckpoint& checkpoint) = 0;
    // The one with the largest size.
    [[nodiscard]] virtual Result<std::optional<SignedCheckpoint>> latest_checkpoint() = 0;
    // Output of a step by the digest that its record names; nothing when none was sent.
    [[nodiscard]] virtual Result<std::optional<std::string>> output(const crypto::Digest& sha256) = 0;
};

}  // namespace signalbox::ledger
