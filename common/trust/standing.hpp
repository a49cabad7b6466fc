// SPDX-License-Identifier: Apache-2.0
// Standing approvals: people approve once what a later patch release of one service may do, step for step,
// with holes only where the version and the artifact stand. Whether a release falls under one is decided
// here, by the controller and by every host alike. Pure. Format: docs/formats/standing-approval.md, ADR 0019.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/json/json.hpp"
#include "common/trust/approval.hpp"
#include "common/trust/artifact_statement.hpp"

namespace signalbox::trust {

inline constexpr std::string_view kStandingPredicate = "https://signalbox.dev/standing-approval/v1";
inline constexpr std::size_t kMaxStandingBytes = 2 << 20;
inline constexpr std::chrono::hours kMaxStandingLife{24 * 90};
inline constexpr std::int64_t kMaxStandingUses = 1000;
// A release under it has a counter above the standing approval's own, by no more than this: so that whoever
// holds the controller cannot raise a host's release floor out of everybody's reach.
inline constexpr std::int64_t kMaxCounterAhead = 100'000;

// Patch releases of one minor version, from a patch number on. No pre-release is one.
struct PatchRange {
    std::int64_t major = 0;
    std::int64_t minor = 0;
    std::int64_t patch_from = 0;
};
// The patch number when the version is in the range.
[[nodiscard]] std::optional<std::int64_t> patch_in(const PatchRange& range, std::string_view version);

// A step with holes: `${release.version}`, `${artifact.sha256}` and `${artifact.format}` in texts of the
// action, and the size of what artifact.stage stages (0 here). Several may have one step id: colours take
// turns.
struct StandingStep {
    StepId step_id;
    AgentId agent_id;
    std::string host;
    json::Json action;
    int artifacts = 0;  // 0, or 1: the step names the artifact
    int max_attempts = 1;
    StepId undo_of;
};

struct StandingApproval {
    ClusterId cluster_id;
    std::string environment;
    std::string name;
    std::string service;
    PatchRange versions;
    std::vector<StandingStep> steps;
    std::int64_t uses = 1;  // releases on one host
    std::int64_t release_counter = 0;
    Instant not_before{};
    Instant not_after{};
    std::string overrun;             // of the releases under it
    std::vector<ClosedTime> closed;  // by time; they do not overlap
    crypto::KeyId requester;         // empty when the requester holds no approver key
    std::string requester_name;
    std::string change;
};

// The canonical statement: the bytes that people sign. Its digest is approval_digest() of them.
[[nodiscard]] std::string serialize(const StandingApproval& standing);
// Errors: invalid_argument, resource_exhausted.
[[nodiscard]] Result<StandingApproval> parse_standing(std::string_view payload);

// The exact action bytes that the step has for this artifact.
[[nodiscard]] std::string fill(const StandingStep& step, const ArtifactStatement& artifact);

// Verifies completely but for the time: signatures as for an approval, cluster. Errors: refused
// ("R_APPROVAL: …"), invalid_argument, resource_exhausted.
[[nodiscard]] Result<StandingApproval> verify_standing(const TrustFile& trust, std::string_view dsse_text);

// A standing approval and the artifact that is released under it.
struct Under {
    StandingApproval standing;
    crypto::Digest digest;
    ArtifactStatement artifact;
    std::int64_t patch = 0;
};
// Errors: refused, naming what does not fit (version, service, signatures).
[[nodiscard]] Result<Under> open_under(const TrustFile& trust, std::string_view standing_dsse,
                                       std::string_view artifact_dsse);
// May this release run under it: everything but its steps. Errors: refused, naming the first that does not
// fit.
[[nodiscard]] Status covers_terms(const TrustFile& trust, const Under& under, const Approval& release);
[[nodiscard]] Status covers_step(const Under& under, const ApprovedStep& step);
// Both, for all its steps.
[[nodiscard]] Status covers(const TrustFile& trust, const Under& under, const Approval& release);

// What people approved: the release itself, or by a standing approval that covers all of it.
struct Approved {
    Approval approval;
    std::optional<Under> under;
};
// `standing_dsse` empty: there is none. Errors: as verify_approval; with a standing approval also why that
// does not cover it.
[[nodiscard]] Result<Approved> verify_release(const TrustFile& trust, std::string_view approval_dsse,
                                              std::string_view standing_dsse, std::string_view artifact_dsse);

}  // namespace signalbox::trust
