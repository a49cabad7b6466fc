// SPDX-License-Identifier: Apache-2.0
// May this step run on this host, now? The product's security decision: values in, verdict out. Pure.
//
// In two halves, because the second must be decided in the transaction that remembers the answer:
//   verify   size -> format -> trust in force -> kid -> signature -> claims -> iss aud akp nce -> clock and
//            time -> TTL cap -> action digest -> approval (signatures, or a standing approval that covers the
//            step; scope, window, closed times) -> action
//            schema -> room before the end, when nothing may overrun it -> artifacts
//   judge    withdrawn -> release counter -> replay -> done -> busy -> attempts -> uses
// The first rule that fails decides the refusal; nothing after it is looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "agent/executor/actions/schema/action.hpp"
#include "agent/executor/admission/refusal.hpp"
#include "common/base/time.hpp"
#include "common/crypto/keys.hpp"
#include "common/model/ids.hpp"
#include "common/token/token.hpp"
#include "common/trust/approval.hpp"
#include "common/trust/standing.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::admission {

// Who this host is and whom it trusts. Environment and host name are pinned at `init`.
struct Host {
    trust::TrustFile trust;
    ClusterId cluster_id;
    AgentId agent_id;
    std::string environment;
    std::string host;  // its name
    crypto::KeyId record_key;
    std::string nonce;     // of this start of the executor
    Instant time_floor{};  // time was at least this, by the journal
};

// What the network face handed over. The texts must outlive the call only.
struct Presented {
    std::string_view token;
    std::string_view action;    // exact bytes
    std::string_view approval;  // DSSE text
    std::size_t artifacts = 0;  // descriptors that came along
    // When too few people signed the approval itself: DSSE texts of the standing approval that it names, and
    // of the statement about the artifact. Empty otherwise.
    std::string_view standing = {};
    std::string_view artifact_statement = {};
};

// The standing approval under which a step runs.
struct StandingUse {
    crypto::Digest standing;
    std::string name;
    std::int64_t uses = 0;   // releases that it allows on this host
    std::int64_t patch = 0;  // of the version
};

// Everything that was verified, for the journal, the action and the record.
struct Verified {
    token::Claims claims;
    trust::Approval approval;
    trust::ApprovedStep step;
    actions::Action action;
    crypto::Digest token_sha256;
    std::optional<StandingUse> standing;  // nothing: people signed the approval itself
};

template <class T>
using Verdict = std::variant<T, Refusal>;

[[nodiscard]] Verdict<Verified> verify(const Host& host, const Presented& presented, Instant now);

enum class StepState { never, running, succeeded, failed };

// What the journal remembers about this token, this step under this approval, and this service.
struct History {
    bool jti_seen = false;
    StepState state = StepState::never;
    std::int64_t attempts = 0;
    std::int64_t release_floor = 0;  // the highest release counter that ran here for the service; 0 for none
    bool withdrawn = false;          // the approval, or the standing approval
    bool forward_ran = false;        // of an undo step: what it undoes began here
    // Of the standing approval:
    std::int64_t uses = 0;           // releases that ran under it here
    bool used_by_this = false;       // this one is among them
    std::int64_t highest_patch = 0;  // of those
};

// The refusal, or nothing when it may run.
[[nodiscard]] std::optional<Refusal> judge(const Verified& verified, const History& history);

// The window again, at the moment of execution: is it open, is nothing closed, and is there room for the step
// when nothing may overrun. An undo step has until the approval's undo_not_after, and closed times do not
// bind it. `now` never before the moment of admission.
[[nodiscard]] std::optional<Refusal> check_window(const Verified& verified, Instant now);

// When the step must be over: with overrun "stop" a forward step ends before the window does, and before the
// next closed time. Nothing: its own deadline is all that binds it.
[[nodiscard]] std::optional<Instant> must_end_by(const Verified& verified, Instant now);

struct Clock {
    Instant time{};  // what counts as now
};
// The clock may lag the floor by the trust file's skew (then the floor counts as now), no more.
[[nodiscard]] Verdict<Clock> effective_time(const Host& host, Instant now);

}  // namespace signalbox::admission
