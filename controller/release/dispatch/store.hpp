// SPDX-License-Identifier: Apache-2.0
// ReleaseStore: where releases, their approvals, tokens, queued effects and what is live are kept. Every
// change goes through one atomic commit together with its ledger entries, so that a controller killed at any
// instant finds either all of it or nothing. Called on the domain strand only. Texts are stored as they are,
// byte for byte: they are signed or hashed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/model/ids.hpp"
#include "controller/ledger/entry.hpp"

namespace signalbox::dispatch {

// What people sign for one environment of a release: the payload never changes, signatures are added to the
// envelope.
struct ApprovalDocument {
    ReleaseId release_id;
    std::string environment;
    std::string payload;   // in-toto statement
    std::string envelope;  // DSSE text with the signatures so far
    // Never change; empty unless the document names a standing approval.
    std::string standing = {};            // DSSE text
    std::string artifact_statement = {};  // DSSE text

    friend bool operator==(const ApprovalDocument&, const ApprovalDocument&) = default;
};

// An approver took back an approval, or a standing approval.
struct StoredWithdrawal {
    std::string approval_sha256;  // hex
    std::string environment;
    std::string envelope;  // DSSE text
    Instant taken{};       // when the controller took it

    friend bool operator==(const StoredWithdrawal&, const StoredWithdrawal&) = default;
};

// Written once, when a release is started.
struct NewRelease {
    ReleaseId id;
    std::int64_t counter = 0;  // unique
    std::string name;
    std::string version;
    std::vector<std::string> services;
    std::string plan;  // canonical bytes; their digest is what people approve
    std::string spec;  // sequence::ReleaseSpec as canonical JSON
    Instant created{};
    std::vector<ApprovalDocument> approvals;
};

struct StepRow {
    StepId id;
    std::string state;  // sequence::StepState as canonical JSON

    friend bool operator==(const StepRow&, const StepRow&) = default;
};

// The changing part; replaces what was stored for this release, and for those of its steps that it names.
struct ReleaseChange {
    ReleaseId id;
    std::string state;  // sequence::ReleaseState without its steps, as canonical JSON
    std::vector<StepRow>
        steps;           // in a commit those that changed; when loaded all that are not as at the beginning
    std::string status;  // its status in a word, for lists
    bool finished = false;
    std::uint64_t revision = 0;
    std::optional<Instant> finished_at;
};

struct StoredRelease {
    NewRelease fixed;  // approvals as they are now, in path order
    ReleaseChange current;
};

// One queued effect. `key` is its idempotency key: adding a key that is queued changes nothing.
struct OutboxRow {
    std::string key;
    std::string body;  // canonical JSON

    friend bool operator==(const OutboxRow&, const OutboxRow&) = default;
};

// The newest token of one attempt of a step, kept so that after a crash the same one is sent again.
struct StoredToken {
    ReleaseId release_id;
    StepId step_id;
    int attempt = 1;
    std::string jti;
    std::string token;
    std::string nonce;
    Instant expires{};
};

// Which release of a service a host runs, as far as our own succeeded steps tell.
struct HostPlacement {
    AgentId agent_id;
    std::string service;
    std::string version;
    std::string artifact_sha256;
    ReleaseId release_id;

    friend bool operator==(const HostPlacement&, const HostPlacement&) = default;
};

// Which colour of a blue-green group takes the traffic.
struct LiveColour {
    std::string environment;
    std::string service;
    std::string group;
    std::string colour;

    friend bool operator==(const LiveColour&, const LiveColour&) = default;
};

struct Placements {
    std::vector<HostPlacement> hosts;
    std::vector<LiveColour> colours;
};

// The circuit breaker that the releases of an environment share.
struct BreakerRow {
    std::string environment;
    std::string state;  // sequence::Breaker as canonical JSON

    friend bool operator==(const BreakerRow&, const BreakerRow&) = default;
};

// Applied whole or not at all, in the order of the members.
struct Commit {
    std::int64_t epoch = 0;  // of the lease under which it is made
    std::vector<NewRelease> created;
    std::vector<ReleaseChange> changed;
    std::vector<ApprovalDocument> approvals;    // replace the envelope of (release, environment)
    std::vector<StoredWithdrawal> withdrawals;  // one that is known already changes nothing
    std::vector<StoredToken> tokens;            // replace that of (release, step, attempt)
    std::vector<OutboxRow> outbox_add;
    std::vector<std::string> outbox_done;        // keys; removing an absent one changes nothing
    std::vector<HostPlacement> host_placements;  // replace that of (agent, service); empty version: remove it
    std::vector<LiveColour> live_colours;        // replace that of (environment, service, group)
    std::vector<BreakerRow> breakers;            // replace that of the environment
    std::vector<ledger::PendingEntry> entries;   // appended to the ledger in this order
};

// What a controller begins with.
struct Opened {
    std::int64_t epoch = 0;                 // the lease that its commits name
    std::vector<StoredRelease> unfinished;  // oldest counter first
    std::vector<OutboxRow> outbox;          // in the order in which they were added
    std::vector<BreakerRow> breakers;
    std::vector<StoredWithdrawal> withdrawals;  // oldest first
};

class ReleaseStore {
  public:
    virtual ~ReleaseStore() = default;

    // Takes the lease: from now on every commit of whoever opened it before is refused (fencing by an epoch
    // that only grows), so that two controllers never act on one release.
    [[nodiscard]] virtual Result<Opened> open() = 0;
    // Errors: cancelled (somebody else has taken the lease), conflict (release id or counter is taken),
    // unavailable (storage); nothing was changed then.
    [[nodiscard]] virtual Status commit(const Commit& commit) = 0;
    [[nodiscard]] virtual Result<std::optional<StoredRelease>> load(const ReleaseId& id) = 0;
    // Newest counter first; without their steps.
    [[nodiscard]] virtual Result<std::vector<StoredRelease>> list(std::size_t limit) = 0;
    // One more than the highest counter of a created release; 1 when there is none. Reserves nothing.
    [[nodiscard]] virtual Result<std::int64_t> next_counter() = 0;
    [[nodiscard]] virtual Result<Placements> placements() = 0;
    [[nodiscard]] virtual Result<std::optional<StoredToken>> token(const ReleaseId& release,
                                                                   const StepId& step, int attempt) = 0;
};

}  // namespace signalbox::dispatch
