// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/admission/admission.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/dsse/dsse.hpp"

namespace signalbox::admission {
namespace {

using std::chrono::seconds;

// A rule's answer: nothing, or why not.
using Check = std::optional<Refusal>;

template <class... Args>
Refusal refuse(RefusalCode code, fmt::format_string<Args...> text, Args&&... args) {
    return Refusal{code, fmt::format(text, std::forward<Args>(args)...)};
}

Check check_sizes(const Presented& presented) {
    if (presented.token.size() > token::kMaxTokenBytes)
        return refuse(RefusalCode::size, "the token is over {} bytes", token::kMaxTokenBytes);
    if (presented.action.size() > actions::kMaxActionBytes)
        return refuse(RefusalCode::size, "the action is over {} bytes", actions::kMaxActionBytes);
    if (presented.approval.size() > trust::kMaxApprovalBytes)
        return refuse(RefusalCode::size, "the approval is over {} bytes", trust::kMaxApprovalBytes);
    if (presented.standing.size() > 2 * trust::kMaxStandingBytes)
        return refuse(RefusalCode::size, "the standing approval is over {} bytes",
                      2 * trust::kMaxStandingBytes);
    if (presented.artifact_statement.size() > 4 * trust::kMaxArtifactStatementBytes)
        return refuse(RefusalCode::size, "the artifact statement is over {} bytes",
                      4 * trust::kMaxArtifactStatementBytes);
    return {};
}

Check check_trust_in_force(const Host& host, Instant now) {
    if (now >= host.trust.expires)
        return refuse(RefusalCode::trust, "the trust file (version {}) expired at {}", host.trust.version,
                      to_rfc3339(host.trust.expires));
    return {};
}

Check check_signature(const Host& host, const token::Unverified& opened) {
    const crypto::PublicKey* key = host.trust.key_in_role("token", opened.kid);
    if (key == nullptr)
        return refuse(RefusalCode::kid, "{} does not hold the role token in trust file version {}",
                      opened.kid.str(), host.trust.version);
    token::Binding binding{host.cluster_id, host.agent_id, host.record_key, host.nonce};
    if (token::verify_signature(opened, *key, binding)) return {};
    // Refused in any case; but a token that is right except for its nonce was minted before this executor
    // started, and the controller can tell by the code that a fresh one will do.
    if (const auto claims = token::parse_claims(opened.message); claims && claims->nce != host.nonce) {
        binding.nonce = claims->nce;
        if (token::verify_signature(opened, *key, binding))
            return refuse(RefusalCode::nonce, "meant for an earlier start of this executor");
    }
    return refuse(RefusalCode::sig,
                  "the signature does not verify for this agent, record key and executor start");
}

// The signature covers these already (implicit assertion); here the claims themselves must agree too.
Check check_addressee(const Host& host, const token::Claims& claims) {
    if (claims.iss != host.cluster_id)
        return refuse(RefusalCode::iss, "issued for cluster {}", claims.iss.str());
    if (claims.aud != host.agent_id) return refuse(RefusalCode::aud, "meant for agent {}", claims.aud.str());
    if (claims.akp != host.record_key)
        return refuse(RefusalCode::akp, "meant for record key {}", claims.akp.str());
    if (claims.nce != host.nonce)
        return refuse(RefusalCode::nonce, "meant for an earlier start of this executor");
    if (host.trust.version < claims.tv)
        return refuse(RefusalCode::trust, "the token demands trust file version {}, this host has {}",
                      claims.tv, host.trust.version);
    return {};
}

Check check_lifetime(const Host& host, const token::Claims& claims, Instant now) {
    const seconds skew(host.trust.limits.skew_s);
    if (claims.nbf > now + skew)
        return refuse(RefusalCode::early, "valid from {}, now is {}", to_rfc3339(claims.nbf),
                      to_rfc3339(now));
    if (claims.iat > now + skew)
        return refuse(RefusalCode::early, "issued at {}, now is {}", to_rfc3339(claims.iat), to_rfc3339(now));
    if (claims.exp + skew <= now)
        return refuse(RefusalCode::expired, "valid until {}, now is {}", to_rfc3339(claims.exp),
                      to_rfc3339(now));
    const auto life = claims.exp - std::min(claims.iat, claims.nbf);
    if (life <= seconds(0) || life > seconds(host.trust.limits.max_token_ttl_s))
        return refuse(RefusalCode::ttl, "lives {} s, allowed are 1..{}",
                      std::chrono::duration_cast<seconds>(life).count(), host.trust.limits.max_token_ttl_s);
    return {};
}

// Does the approval speak of exactly this step, on this host, in this environment?
Check check_scope(const Host& host, const token::Claims& claims, const trust::Approval& approval,
                  const trust::ApprovedStep* step) {
    if (approval.cluster_id != host.cluster_id)
        return refuse(RefusalCode::approval, "given for cluster {}", approval.cluster_id.str());
    if (approval.environment != host.environment)
        return refuse(RefusalCode::approval, "given for environment {}, this host is in {}",
                      approval.environment, host.environment);
    if (approval.release_counter != claims.rc)
        return refuse(RefusalCode::approval, "given for release counter {}, the token says {}",
                      approval.release_counter, claims.rc);
    if (step == nullptr) return refuse(RefusalCode::approval, "has no step {}", claims.stp.str());
    if (step->agent_id != host.agent_id)
        return refuse(RefusalCode::approval, "step {} is for agent {}", claims.stp.str(),
                      step->agent_id.str());
    // An agent id says nothing to people: what they read and signed is the name of a host.
    if (step->host != host.host)
        return refuse(RefusalCode::approval, "step {} was approved for host {}, this host is {}",
                      claims.stp.str(), step->host, host.host);
    if (step->action != claims.act)
        return refuse(RefusalCode::approval, "step {} is a {}, the token says {}", claims.stp.str(),
                      step->action, claims.act);
    if (step->action_sha256 != claims.adg)
        return refuse(RefusalCode::approval, "step {} has another action", claims.stp.str());
    if (step->artifact_sha256 != claims.art)
        return refuse(RefusalCode::approval, "step {} has other artifacts", claims.stp.str());
    return {};
}

Check check_claimed_window(const trust::Approval& approval, const trust::ApprovedStep& step,
                           const token::Claims& claims) {
    const Instant end = approval.end_for(step);
    if (claims.window_nbf < approval.not_before || claims.window_exp > end)
        return refuse(RefusalCode::window, "the token's window is wider than the approved {}..{}",
                      to_rfc3339(approval.not_before), to_rfc3339(end));
    return {};
}

// What people approved: the release itself, or by a standing approval that covers it.
struct Approved {
    trust::Approval approval;
    std::optional<trust::Under> under;
};

Verdict<Approved> check_approval(const Host& host, const Presented& presented,
                                 const dsse::Envelope& envelope) {
    auto signed_itself = trust::verify_approval(host.trust, presented.approval);
    if (signed_itself) return Approved{*std::move(signed_itself), {}};
    const auto no = [](const Error& error) { return Refusal{RefusalCode::approval, error.message()}; };
    if (presented.standing.empty() || envelope.payload_type != trust::kInTotoPayloadType)
        return no(signed_itself.error());
    auto release = trust::parse_approval(envelope.payload);
    if (!release) return no(release.error());
    auto under = trust::open_under(host.trust, presented.standing, presented.artifact_statement);
    if (!under) return no(under.error());
    if (const Status fits = trust::covers_terms(host.trust, *under, *release); !fits) return no(fits.error());
    return Approved{*std::move(release), *std::move(under)};
}

bool is_undo(const Verified& verified) {
    return !verified.step.undo_of.empty();
}

Check check_open(const Verified& verified, Instant now) {
    const auto& claims = verified.claims;
    if (now < claims.window_nbf || now >= claims.window_exp)
        return refuse(RefusalCode::window, "the window is {}..{}, now is {}", to_rfc3339(claims.window_nbf),
                      to_rfc3339(claims.window_exp), to_rfc3339(now));
    if (is_undo(verified)) return {};
    for (const trust::ClosedTime& closed : verified.approval.closed) {
        if (closed.from <= now && now < closed.to)
            return refuse(RefusalCode::window, "closed from {} to {} ({}), now is {}",
                          to_rfc3339(closed.from), to_rfc3339(closed.to), closed.name, to_rfc3339(now));
    }
    return {};
}

// Needs the parsed action.
Check check_room(const Verified& verified, Instant now) {
    const auto end = must_end_by(verified, now);
    if (end && now + verified.action.deadline > *end)
        return refuse(RefusalCode::window, "it may take {} s, but nothing may run after {}, now is {}",
                      verified.action.deadline.count(), to_rfc3339(*end), to_rfc3339(now));
    return {};
}

Check check_artifacts(const Verified& verified, std::size_t descriptors) {
    const auto& named = verified.claims.art;
    if (descriptors != named.size())
        return refuse(RefusalCode::artifact, "{} descriptors for {} artifacts", descriptors, named.size());
    const auto* stage = std::get_if<actions::ArtifactStage>(&verified.action.body);
    if (stage != nullptr && (named.size() != 1 || named.front() != stage->sha256))
        return refuse(RefusalCode::artifact, "the action stages {}, the token names other artifacts",
                      stage->sha256.hex());
    return {};
}

}  // namespace

Verdict<Clock> effective_time(const Host& host, Instant now) {
    if (now + seconds(host.trust.limits.skew_s) < host.time_floor)
        return refuse(RefusalCode::clock, "the clock says {}, but it was {} already", to_rfc3339(now),
                      to_rfc3339(host.time_floor));
    return Clock{std::max(now, host.time_floor)};
}

std::optional<Instant> must_end_by(const Verified& verified, Instant now) {
    const trust::Approval& approval = verified.approval;
    if (is_undo(verified) || approval.overrun != "stop") return {};
    const auto next = std::find_if(approval.closed.begin(), approval.closed.end(),
                                   [&](const trust::ClosedTime& closed) { return closed.to > now; });
    return next == approval.closed.end() ? approval.not_after : next->from;
}

std::optional<Refusal> check_window(const Verified& verified, Instant now) {
    if (auto no = check_open(verified, now)) return no;
    return check_room(verified, now);
}

Verdict<Verified> verify(const Host& host, const Presented& presented, Instant wall) {
    if (auto no = check_sizes(presented)) return *no;

    const auto opened = token::open(presented.token);
    if (!opened) {
        const Code code = opened.error().code();
        // unauthenticated: the footer does not name a key id and nothing else.
        return Refusal{code == Code::resource_exhausted ? RefusalCode::size
                       : code == Code::unauthenticated  ? RefusalCode::kid
                                                        : RefusalCode::format,
                       opened.error().message()};
    }

    auto clock = effective_time(host, wall);
    // A trust file cannot be shown to be in force by a clock that went back.
    if (auto* no = std::get_if<Refusal>(&clock)) return *no;
    const Instant now = std::get<Clock>(clock).time;
    if (auto no = check_trust_in_force(host, now)) return *no;
    if (auto no = check_signature(host, *opened)) return *no;

    auto claims = token::parse_claims(opened->message);
    if (!claims) return Refusal{RefusalCode::parse, claims.error().message()};
    if (auto no = check_addressee(host, *claims)) return *no;
    if (auto no = check_lifetime(host, *claims, now)) return *no;

    if (crypto::sha256(presented.action) != claims->adg)
        return refuse(RefusalCode::digest, "the action's bytes are not those that the token names");

    const auto envelope = dsse::parse(presented.approval, trust::kMaxApprovalBytes);
    if (!envelope) return Refusal{RefusalCode::approval, envelope.error().message()};
    if (trust::approval_digest(envelope->payload) != claims->apr)
        return refuse(RefusalCode::approval, "this is not the approval that the token names");
    auto approved = check_approval(host, presented, *envelope);
    if (auto* no = std::get_if<Refusal>(&approved)) return *no;
    auto& [approval, under] = std::get<Approved>(approved);
    const trust::ApprovedStep* step = approval.find(claims->stp);
    if (auto no = check_scope(host, *claims, approval, step)) return *no;
    if (under) {
        if (const Status fits = trust::covers_step(*under, *step); !fits)
            return Refusal{RefusalCode::approval, fits.error().message()};
    }
    if (auto no = check_claimed_window(approval, *step, *claims)) return *no;

    Verified verified{*std::move(claims), std::move(approval), {}, {}, crypto::sha256(presented.token),
                      std::nullopt};
    if (under)
        verified.standing =
            StandingUse{under->digest, under->standing.name, under->standing.uses, under->patch};
    verified.step = *verified.approval.find(verified.claims.stp);
    if (auto no = check_open(verified, now)) return *no;

    auto action = actions::parse(presented.action);
    if (!action) return Refusal{RefusalCode::unknown_action, action.error().message()};
    verified.action = *std::move(action);
    if (verified.action.kind != verified.claims.act)
        return refuse(RefusalCode::digest, "the action is a {}, the token says {}", verified.action.kind,
                      verified.claims.act);
    if (auto no = check_room(verified, now)) return *no;
    if (auto no = check_artifacts(verified, presented.artifacts)) return *no;
    return verified;
}

namespace {

// One use is one release on this host, and patches go up only.
Check check_use(const Verified& verified, const History& history) {
    if (!verified.standing) return {};
    const StandingUse& use = *verified.standing;
    if (!is_undo(verified) && use.patch < history.highest_patch)
        return refuse(RefusalCode::rollback, "patch {} of {} under standing approval {}, but {} ran already",
                      use.patch, verified.action.service, use.name, history.highest_patch);
    if (!history.used_by_this && history.uses >= use.uses)
        // Not R_ATTEMPTS, which says that something of the step ran here.
        return refuse(RefusalCode::approval,
                      "standing approval {} is used up: {} releases ran under it here, of {}", use.name,
                      history.uses, use.uses);
    return {};
}

}  // namespace

std::optional<Refusal> judge(const Verified& verified, const History& history) {
    const auto& claims = verified.claims;
    // What ran may always be taken back.
    if (history.withdrawn && !(is_undo(verified) && history.forward_ran))
        return refuse(RefusalCode::approval, "the approval was withdrawn");
    if (!is_undo(verified) && claims.rc < history.release_floor)
        return refuse(RefusalCode::rollback, "release counter {} of {}, but {} ran here already", claims.rc,
                      verified.action.service, history.release_floor);
    if (history.jti_seen) return refuse(RefusalCode::replay, "the token {} was used already", claims.jti);
    if (history.state == StepState::succeeded)
        return refuse(RefusalCode::done, "step {} succeeded under this approval", claims.stp.str());
    if (history.state == StepState::running)
        return refuse(RefusalCode::busy, "step {} is running", claims.stp.str());
    const std::int64_t allowed = verified.step.max_attempts;
    if (history.attempts >= allowed || claims.att < 1 || claims.att > allowed)
        return refuse(RefusalCode::attempts, "attempt {} (this host counted {}), approved are {}", claims.att,
                      history.attempts, allowed);
    return check_use(verified, history);
}

}  // namespace signalbox::admission
