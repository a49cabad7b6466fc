// SPDX-License-Identifier: Apache-2.0
// What the executor must never forget: who it is, which tokens were used, what ran, how to go back, and every
// record that the ledger has not yet proven to hold. One SQLite file, synchronous=FULL: what returned is
// durable. Thread-safe (one lock). Errors of every call: the disk's (resource_exhausted, unavailable,
// data_loss); a caller that gets one must not act, for it would not be remembered.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/executor/admission/admission.hpp"
#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/merkle/checkpoint.hpp"
#include "common/merkle/tree.hpp"
#include "common/record/record.hpp"
#include "common/sqlite/database.hpp"

namespace signalbox::journal {

// Beyond so many records without receipt nothing more is run; what else comes to pass (refusals, alarms) is
// recorded up to the second cap. Above it there is room for what must be said once it is true: a step's end
// (no more of them than steps could begin below the first cap), a new trust file, and that the outbox is
// full.
inline constexpr std::int64_t kMaxOutbox = 1'200'000;
inline constexpr std::int64_t kMaxOutboxHard = kMaxOutbox + 100'000;

inline constexpr std::int64_t kMaxWithdrawn = 100'000;

// Pinned by `init` from the join line; agent_id and trust by install_identity.
struct Identity {
    ClusterId cluster_id;
    std::string environment;
    std::string host;
    crypto::Digest trust_sha256;  // of the first trust file's DSSE text
    std::optional<AgentId> agent_id;
    std::optional<std::string> trust;  // DSSE text in force
};

struct Progress {
    Instant time_floor{};
    std::int64_t next_seq = 1;
    std::int64_t oldest_seq = 1;  // equal to next_seq when the outbox is empty
    std::optional<merkle::Checkpoint> pinned;
};

struct Step {
    admission::StepState state = admission::StepState::never;
    std::int64_t attempts = 0;
    std::string outcome;  // canonical JSON; empty when none finished
};

struct OutboxRow {
    std::int64_t seq = 0;
    std::string envelope;
    std::optional<std::string> out, err;
};

// What `current` pointed to when a step found it, and what that step makes of it.
struct Switch {
    std::optional<std::string> before;  // absent: there was no `current`
    std::string after;
};

struct Output {
    std::optional<std::string> out, err;  // capped texts
};

struct Receipt {
    std::int64_t seq = 0;
    std::uint64_t index = 0;
    merkle::Proof proof;
};

class Journal {
  public:
    // A new file; the folder must be there. Errors: already_exists.
    [[nodiscard]] static Status create(const std::string& path, const Identity& pins);
    // An existing file: never makes, empties or repairs one. Errors: not_found, data_loss (also: it was not
    // closed in order, and its write-ahead log is gone), failed_precondition.
    [[nodiscard]] static Result<std::unique_ptr<Journal>> open(const std::string& path);

    [[nodiscard]] Result<Identity> identity();
    [[nodiscard]] Result<Progress> progress();
    // Whether a write would be kept: makes one that changes nothing.
    [[nodiscard]] Status try_out();

    // ---- the record key ----
    // The one that signs now, once another was replaced; nothing before that.
    [[nodiscard]] Result<std::optional<crypto::PublicKey>> record_key();
    // In one transaction: `rotated`, sealed by the key so far, and that `next` signs from now on. Also when
    // the outbox is full.
    [[nodiscard]] Status rotate_key(const crypto::PublicKey& next, record::ActionRecord rotated,
                                    const crypto::SigningKey& key);
    // The key_rotated records that wait for their receipts: the controller may not know of them. DSSE texts,
    // the oldest first.
    [[nodiscard]] Result<std::vector<std::string>> unproven_key_changes();

    // ---- records: seq, prev and the checkpoint seen are filled in here ----
    // Seals and stores one record. Errors: resource_exhausted (the outbox is full to the hard cap; the first
    // time a `spool_full` record says so in its place).
    [[nodiscard]] Status append(record::ActionRecord record, const crypto::SigningKey& key);
    // Together with it: who we are from now on. Errors: failed_precondition (there is an identity already).
    [[nodiscard]] Status install_identity(const AgentId& agent_id, const std::string& trust,
                                          record::ActionRecord record, const crypto::SigningKey& key);
    [[nodiscard]] Status replace_trust(const std::string& trust, record::ActionRecord record,
                                       const crypto::SigningKey& key);
    // Rows after `after_seq` in order, at most `max` of them and about `max_bytes`, at least one.
    [[nodiscard]] Result<std::vector<OutboxRow>> outbox(std::int64_t after_seq, std::int64_t max,
                                                        std::size_t max_bytes);

    // ---- steps ----
    // In one transaction: judges by what is remembered; when admitted uses up the token, raises the attempts,
    // the service's release floor and the time floor, marks the step running, stores the `started` record.
    [[nodiscard]] Result<std::optional<admission::Refusal>> start_step(const admission::Verified& verified,
                                                                       Instant now,
                                                                       record::ActionRecord started,
                                                                       const crypto::SigningKey& key);
    // In one transaction: the step's end, its `finished` (or `interrupted`) record and its output.
    [[nodiscard]] Status finish_step(const crypto::Digest& approval, const StepId& step, bool succeeded,
                                     const std::string& outcome, record::ActionRecord finished,
                                     const Output& output, const crypto::SigningKey& key);
    [[nodiscard]] Result<Step> step(const crypto::Digest& approval, const StepId& step);

    // Together with its record: nothing goes forward under the approval any more. False: it was known
    // already. Errors: resource_exhausted (kMaxWithdrawn are remembered).
    [[nodiscard]] Result<bool> withdraw(const crypto::Digest& approval, const std::string& envelope,
                                        record::ActionRecord withdrawn, const crypto::SigningKey& key);

    // Steps that were running when the executor last stopped: nobody knows how far they came.
    struct Unfinished {
        crypto::Digest approval;
        StepId step_id;
        std::int64_t attempt = 0;
        std::string jti;
        crypto::Digest token_sha256, action_sha256;
    };
    [[nodiscard]] Result<std::vector<Unfinished>> unfinished();

    // Before `current` is switched. The step must be running.
    [[nodiscard]] Status remember_switch(const crypto::Digest& approval, const StepId& step,
                                         const Switch& change);
    [[nodiscard]] Result<std::optional<Switch>> switch_of(const crypto::Digest& approval, const StepId& step);

    // ---- receipts ----
    // Verifies everything first, then pins the checkpoint and lets the proven rows go, or changes nothing.
    // Returns the sequence number up to which every record has left. Errors: conflict (the ledger
    // does not extend what is pinned: it was forked, cut or set back), refused (names the proof that fails).
    [[nodiscard]] Result<std::int64_t> accept_receipts(const merkle::Checkpoint& checkpoint,
                                                       const merkle::Proof& consistency,
                                                       const std::vector<Receipt>& receipts,
                                                       const crypto::PublicKey& record_key);

    [[nodiscard]] Status raise_time_floor(Instant now);
    // For an orderly stop.
    [[nodiscard]] Status close();

  private:
    explicit Journal(sqlite::Database database) : database_(std::move(database)) {}
    // Each of these: with the lock held.
    Result<Identity> read_identity();
    Result<Progress> read_progress();
    Status begin_use(bool log_is_gone);
    Result<crypto::PublicKey> key_of(std::int64_t seq, const crypto::PublicKey& now);
    Result<std::int64_t> outbox_size();
    enum class Room { ordinary, reserved };
    Status append_locked(record::ActionRecord record, const Output& output, const crypto::SigningKey& key,
                         Room room = Room::ordinary);
    Result<admission::History> history_of(const admission::Verified& verified);
    Status recall_standing(const admission::Verified& verified, admission::History& history);
    Result<bool> is_withdrawn(const crypto::Digest& approval);
    Status use_up(const admission::Verified& verified, const admission::History& history, Instant now);

    std::mutex mutex_;
    sqlite::Database database_;
    bool said_full_ = false;  // since the outbox was last below the hard cap, or since the start
};

}  // namespace signalbox::journal
