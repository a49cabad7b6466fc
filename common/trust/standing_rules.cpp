// SPDX-License-Identifier: Apache-2.0
// What falls under a standing approval.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/trust/parts_json.hpp"
#include "common/trust/standing.hpp"

namespace signalbox::trust {
namespace {

using json::Json;
using std::chrono::seconds;

template <class... Args>
Error refused(fmt::format_string<Args...> text, Args&&... args) {
    return {Code::refused, "R_APPROVAL: " + fmt::format(text, std::forward<Args>(args)...)};
}

// A number without sign, leading zero or more than nine digits; eats it from the text.
std::optional<std::int64_t> take_number(std::string_view& text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || digits > 9 || (digits > 1 && text.front() == '0')) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text.substr(0, digits)) value = value * 10 + (c - '0');
    text.remove_prefix(digits);
    return value;
}

std::optional<std::array<std::int64_t, 3>> plain_version(std::string_view text) {
    std::array<std::int64_t, 3> out{};
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (i > 0) {
            if (text.empty() || text.front() != '.') return std::nullopt;
            text.remove_prefix(1);
        }
        const auto number = take_number(text);
        if (!number) return std::nullopt;
        out.at(i) = *number;
    }
    if (!text.empty()) return std::nullopt;
    return out;
}

void replace_all(std::string& text, std::string_view hole, const std::string& value) {
    for (std::size_t at = 0; (at = text.find(hole, at)) != std::string::npos; at += value.size())
        text.replace(at, hole.size(), value);
}

void fill_texts(Json& value, const ArtifactStatement& artifact) {
    if (value.is_string()) {
        auto& text = value.get_ref<std::string&>();
        replace_all(text, "${release.version}", artifact.version);
        replace_all(text, "${artifact.sha256}", artifact.sha256.hex());
        replace_all(text, "${artifact.format}", artifact.format);
        return;
    }
    if (!value.is_structured()) return;
    for (Json& each : value) fill_texts(each, artifact);
}

// Whatever the standing approval closes in the release's window, the release closes too: so the host has to
// look at the release's own list only.
Status check_closed(const StandingApproval& standing, const Approval& release) {
    for (const ClosedTime& closed : standing.closed) {
        Instant from = std::max(closed.from, release.not_before);
        const Instant to = std::min(closed.to, release.not_after);
        for (const ClosedTime& each : release.closed)
            if (each.from <= from && from < each.to) from = each.to;
        if (from < to)
            return refused("it is closed from {} to {} ({}), the release is not", to_rfc3339(from),
                           to_rfc3339(to), closed.name);
    }
    return {};
}

bool fits(const StandingStep& allowed, const ApprovedStep& step, const ArtifactStatement& artifact) {
    if (allowed.step_id != step.step_id || allowed.agent_id != step.agent_id || allowed.host != step.host ||
        allowed.undo_of != step.undo_of || step.max_attempts > allowed.max_attempts ||
        allowed.action["kind"] != step.action)
        return false;
    const std::vector<crypto::Digest> artifacts(static_cast<std::size_t>(allowed.artifacts), artifact.sha256);
    return step.artifact_sha256 == artifacts && step.action_sha256 == crypto::sha256(fill(allowed, artifact));
}

}  // namespace

std::optional<std::int64_t> patch_in(const PatchRange& range, std::string_view version) {
    const auto parts = plain_version(version);
    if (!parts || (*parts)[0] != range.major || (*parts)[1] != range.minor || (*parts)[2] < range.patch_from)
        return std::nullopt;
    return (*parts)[2];
}

std::string fill(const StandingStep& step, const ArtifactStatement& artifact) {
    Json action = step.action;
    fill_texts(action, artifact);
    if (action["kind"] == "artifact.stage" && action.contains("artifact") && action["artifact"].is_object())
        action["artifact"]["size"] = artifact.size;
    return json::canonical(action);
}

namespace {

Result<dsse::Envelope> open_standing(std::string_view dsse_text) {
    return open_envelope(dsse_text, 2 * kMaxStandingBytes, "standing approval");
}

Result<StandingApproval> check_signed(const TrustFile& trust, const dsse::Envelope& envelope) {
    SB_TRY(StandingApproval standing, parse_standing(envelope.payload));
    if (standing.cluster_id != trust.cluster_id)
        return refused("the standing approval is for cluster '{:.60}', not {}", standing.cluster_id.str(),
                       trust.cluster_id.str());
    SB_CHECK(check_roles_filled(standing.environment,
                                approval_progress(trust, standing.environment, standing.requester, envelope))
                 .with_context("standing approval " + standing.name));
    return standing;
}

}  // namespace

Result<StandingApproval> verify_standing(const TrustFile& trust, std::string_view dsse_text) {
    SB_TRY(const dsse::Envelope envelope, open_standing(dsse_text));
    return check_signed(trust, envelope);
}

Result<Under> open_under(const TrustFile& trust, std::string_view standing_dsse,
                         std::string_view artifact_dsse) {
    Under out;
    SB_TRY(const dsse::Envelope envelope, open_standing(standing_dsse));
    SB_TRY(out.standing, check_signed(trust, envelope));
    out.digest = approval_digest(envelope.payload);
    SB_TRY(out.artifact, verify_artifact_statement(trust, out.standing.environment, artifact_dsse));
    if (out.artifact.service != out.standing.service)
        return refused("standing approval {} is for {}, the artifact is one of {:.60}", out.standing.name,
                       out.standing.service, out.artifact.service);
    const PatchRange& range = out.standing.versions;
    const auto patch = patch_in(range, out.artifact.version);
    if (!patch)
        return refused("standing approval {} is for {}.{}.x from {}.{}.{} on, not for {:.60}",
                       out.standing.name, range.major, range.minor, range.major, range.minor,
                       range.patch_from, out.artifact.version);
    out.patch = *patch;
    return out;
}

Status covers_terms(const TrustFile& trust, const Under& under, const Approval& release) {
    const StandingApproval& standing = under.standing;
    if (release.standing != under.digest)
        return refused("the release does not name the standing approval {}", standing.name);
    if (release.cluster_id != trust.cluster_id)
        return refused("the release is for cluster '{:.60}'", release.cluster_id.str());
    if (release.environment != standing.environment)
        return refused("standing approval {} is for {}, the release for {:.60}", standing.name,
                       standing.environment, release.environment);
    // Scripts read it, so it is no free text.
    const std::string id =
        fmt::format("{}-{}-{}", standing.service, under.artifact.version, release.release_counter);
    if (release.release_id.str() != id)
        return refused(
            "the artifact is signed as {0} {1}, so a release of {0} alone would be called {2}: this one is "
            "{3:.100}",
            standing.service, under.artifact.version, id, release.release_id.str());
    if (release.release_counter <= standing.release_counter ||
        release.release_counter > standing.release_counter + kMaxCounterAhead)
        return refused("release number {} is not among the {} after {}", release.release_counter,
                       kMaxCounterAhead, standing.release_counter);
    if (release.not_before < standing.not_before || release.not_after > standing.not_after)
        return refused("standing approval {} is good from {} to {}, the window is {} to {}", standing.name,
                       to_rfc3339(standing.not_before), to_rfc3339(standing.not_after),
                       to_rfc3339(release.not_before), to_rfc3339(release.not_after));
    if (release.undo_not_after > release.not_before + seconds{trust.limits.max_window_s})
        return refused("the window, with the time to undo, is longer than the {} s allowed",
                       trust.limits.max_window_s);
    if (release.overrun != standing.overrun)
        return refused("standing approval {} says overrun {}, the release {}", standing.name,
                       standing.overrun, release.overrun);
    return check_closed(standing, release);
}

Status covers_step(const Under& under, const ApprovedStep& step) {
    const auto& steps = under.standing.steps;
    const bool found = std::any_of(steps.begin(), steps.end(), [&](const StandingStep& allowed) {
        return fits(allowed, step, under.artifact);
    });
    if (found) return {};
    const bool known = std::any_of(steps.begin(), steps.end(), [&](const StandingStep& allowed) {
        return allowed.step_id == step.step_id;
    });
    return refused("standing approval {} {} step {:.200} on {:.60}", under.standing.name,
                   known ? "has another" : "has no", step.step_id.str(), step.host);
}

Status covers(const TrustFile& trust, const Under& under, const Approval& release) {
    SB_CHECK(covers_terms(trust, under, release));
    for (const ApprovedStep& step : release.steps) SB_CHECK(covers_step(under, step));
    return {};
}

Result<Approved> verify_release(const TrustFile& trust, std::string_view approval_dsse,
                                std::string_view standing_dsse, std::string_view artifact_dsse) {
    auto signed_itself = verify_approval(trust, approval_dsse);
    if (signed_itself) return Approved{*std::move(signed_itself), {}};
    if (standing_dsse.empty()) return std::move(signed_itself).error();
    SB_TRY(const dsse::Envelope envelope, dsse::parse(approval_dsse, kMaxApprovalBytes));
    if (envelope.payload_type != kInTotoPayloadType) return std::move(signed_itself).error();
    SB_TRY(Approval release, parse_approval(envelope.payload));
    SB_TRY(Under under, open_under(trust, standing_dsse, artifact_dsse));
    SB_CHECK(covers(trust, under, release));
    return Approved{std::move(release), std::move(under)};
}

}  // namespace signalbox::trust
