// SPDX-License-Identifier: Apache-2.0
// Approvals: what people sign. One in-toto Statement per (release, environment); signatures are added to it.
// Pure. Format: docs/formats/approval.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/keys.hpp"
#include "common/dsse/dsse.hpp"
#include "common/model/ids.hpp"
#include "common/trust/statement.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::trust {

inline constexpr std::string_view kApprovalPredicate = "https://signalbox.dev/approval/v1";
inline constexpr std::size_t kMaxApprovalBytes = 8 << 20;

struct ApprovedStep {
    StepId step_id;
    AgentId agent_id;
    std::string host;    // the name that people were shown; the host itself checks that it is its own
    std::string action;  // kind
    crypto::Digest action_sha256;
    std::vector<crypto::Digest> artifact_sha256;
    int max_attempts = 1;
    StepId undo_of;  // empty for a forward step
};

// A time within the window in which no forward step may start: a blackout, or hours that are not open.
struct ClosedTime {
    Instant from{};
    Instant to{};
    std::string name;
    friend bool operator==(const ClosedTime&, const ClosedTime&) = default;
};

struct Approval {
    ClusterId cluster_id;
    std::string environment;
    ReleaseId release_id;
    std::int64_t release_counter = 0;
    crypto::Digest plan_sha256;
    std::vector<ApprovedStep> steps;
    Instant not_before{};
    Instant not_after{};
    Instant undo_not_after{};        // undo steps are admitted until then; from not_after on
    std::string overrun;             // "finish" "stop" "undo": see plan::Overrun
    std::vector<ClosedTime> closed;  // by time; they do not overlap
    crypto::KeyId requester;         // empty when the requester holds no approver key
    std::string requester_name;
    std::string change;
    std::vector<std::string> tickets;
    // The standing approval (standing.hpp) under which it may run when too few people signed it itself.
    std::optional<crypto::Digest> standing;

    [[nodiscard]] const ApprovedStep* find(const StepId& step) const;
    // When the last token for the step may be used up to: undo steps have longer.
    [[nodiscard]] Instant end_for(const ApprovedStep& step) const {
        return step.undo_of.empty() ? not_after : undo_not_after;
    }
};

// The canonical statement: the bytes that people sign.
[[nodiscard]] std::string serialize(const Approval& approval);
[[nodiscard]] Result<Approval> parse_approval(std::string_view payload);
// Identifies the approval in tokens and records: SHA-256 of the payload, so that it stays as signatures are
// added.
[[nodiscard]] crypto::Digest approval_digest(std::string_view payload);

struct RoleProgress {
    int have = 0;
    int need = 0;
};

// How far the signatures fill each role of the environment: one person fills one place (maximum matching),
// the requester never counts, a key counts once. Keys that share a label in the trust file are one person's;
// a key without a label stands for itself. Signatures that do not verify are ignored. An empty map means that
// the environment has no approval role: nothing may run there.
[[nodiscard]] std::map<std::string, RoleProgress> approval_progress(const TrustFile& trust,
                                                                    const std::string& environment,
                                                                    const crypto::KeyId& requester,
                                                                    const dsse::Envelope& envelope);
[[nodiscard]] std::map<std::string, RoleProgress> approval_progress(const TrustFile& trust,
                                                                    const Approval& approval,
                                                                    const dsse::Envelope& envelope);

// Refuses unless every role is filled: "R_APPROVAL: …", naming the roles that want somebody.
[[nodiscard]] Status check_roles_filled(const std::string& environment,
                                        const std::map<std::string, RoleProgress>& progress);

// Parses and verifies completely: type, cluster, window length, every role of the environment filled.
// Does not look at the time. Errors: refused ("R_APPROVAL: …"), invalid_argument, resource_exhausted.
[[nodiscard]] Result<Approval> verify_approval(const TrustFile& trust, std::string_view dsse_text);

}  // namespace signalbox::trust
