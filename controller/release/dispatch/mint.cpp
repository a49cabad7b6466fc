// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/mint.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"
#include "common/trust/standing.hpp"
#include "common/trust/trust_file.hpp"
#include "controller/release/sequence/rules.hpp"
#include "controller/release/sequence/window.hpp"

namespace signalbox::dispatch {
namespace {

// A token that the sequencer takes for dead must not be admitted any more, or a step could run beside its
// next attempt.
static_assert(sequence::kSkew >= 2 * trust::kMaxSkew);

Error not_now(std::string why) {
    return {Code::unavailable, std::move(why)};
}

Instant open_until(const sequence::ReleaseSpec& spec, const std::string& environment, Instant now) {
    for (const sequence::StageSpec& stage : spec.stages) {
        if (stage.name == environment) return sequence::open_until(spec, stage, now);
    }
    return spec.not_after;
}

}  // namespace

Status takes_orders(const std::optional<AgentView>& agent, const plan::PlanStep& step,
                    const trust::TrustFile* trust, Instant now) {
    if (!agent) return not_now(step.host + " is not enrolled any more");
    if (agent->state != "active")
        return not_now(fmt::format("the agent of {} is {}", step.host, agent->state));
    if (!agent->online) return not_now(step.host + " is not online");
    if (!agent->problem.empty())
        return not_now(fmt::format("{} takes no steps: {}", step.host, agent->problem));
    if (agent->nonce.empty()) return not_now(step.host + " has not said hello yet");
    if (trust == nullptr) return not_now("no trust file is in force");
    if (now >= trust->expires) return not_now("the trust file expired at " + to_rfc3339(trust->expires));
    if (agent->trust_version < trust->version) {
        return not_now(fmt::format("{} has trust file version {}, not {} yet", step.host,
                                   agent->trust_version, trust->version));
    }
    return {};
}

Status approved(const Loaded& release, const std::string& environment, const trust::TrustFile* trust) {
    const ApprovalDocument* document = release.approval(environment);
    if (document == nullptr || trust == nullptr)
        return not_now("there is nothing that approves " + environment);
    const auto approved =
        trust::verify_release(*trust, document->envelope, document->standing, document->artifact_statement);
    if (!approved) return not_now(approved.error().message());
    const trust::Approval* verified = &approved->approval;
    if (verified->release_id != release.spec->id || verified->environment != environment ||
        verified->plan_sha256.hex() != release.spec->plan_sha256) {
        return not_now("the approval is for another plan");
    }
    return {};
}

Result<Minted> mint(const Loaded& release, const std::string& environment, const plan::PlanStep& step,
                    int attempt, const AgentView& agent, const TrustPort& trust, crypto::Random& random,
                    Instant now) {
    const trust::TrustFile& file = *trust.current();
    const Instant from = std::chrono::floor<std::chrono::seconds>(now);
    const Duration ttl = std::min(kTokenTtl, Duration(std::chrono::seconds(file.limits.max_token_ttl_s)));
    const bool undo = !step.undo_of.empty();
    const Instant window_end = undo ? release.spec->undo_not_after : release.spec->not_after;
    // Nothing is admitted in a closed time, so no token reaches into one.
    const Instant open_end = undo ? window_end : open_until(*release.spec, environment, now);
    const Instant until =
        std::min(Instant(from + ttl), Instant(std::chrono::floor<std::chrono::seconds>(open_end)));
    if (until <= from) return not_now("the window is ending");

    token::Claims claims;
    claims.iss = release.plan.cluster_id;
    claims.aud = step.agent_id;
    claims.iat = claims.nbf = from;
    claims.exp = until;
    claims.jti = crypto::to_hex(random.bytes(16));
    claims.akp = agent.record_kid;
    claims.nce = agent.nonce;
    claims.act = step.kind;
    claims.adg = step.action_sha256;
    for (const plan::ArtifactRef& artifact : step.artifacts) claims.art.push_back(artifact.sha256);
    claims.apr = release.approval_digests.at(environment);
    claims.stp = step.id;
    claims.att = attempt;
    claims.window_nbf = release.spec->not_before;
    claims.window_exp = window_end;
    claims.rc = release.spec->counter;
    claims.tv = file.version;
    return Minted{token::sign(claims, trust.token_key()), claims.jti, agent.nonce, until};
}

}  // namespace signalbox::dispatch
