// SPDX-License-Identifier: Apache-2.0
// The engine's effect runners: tokens out, questions out.
#include <fmt/format.h>

#include <algorithm>

#include "common/os/failpoint.hpp"
#include "common/secret/references.hpp"
#include "controller/release/dispatch/dispatch_id.hpp"
#include "controller/release/dispatch/engine.hpp"
#include "controller/release/dispatch/mint.hpp"

namespace signalbox::dispatch {
namespace {

// A token about to end would be refused on its way.
constexpr Duration kLeastLife = std::chrono::seconds(10);

}  // namespace

void Engine::run_soon() {
    if (run_posted_) return;
    run_posted_ = true;
    parts_.strand.post([weak = std::weak_ptr(self_)] {
        if (const auto self = weak.lock()) (*self)->run_effects();
    });
}

void Engine::run_effects() {
    run_posted_ = false;
    if (running_) return;
    running_ = true;
    while (!queued_.empty()) {
        const Queued next = std::move(queued_.front());
        queued_.pop_front();
        os::failpoint("controller.outbox_taken");
        // Its row goes with the next commit; when that never comes, the row is taken up again and does no
        // harm: the state says that it is done.
        const auto* order = std::get_if<sequence::Dispatch>(&next.effect);
        if (order != nullptr && !dispatch(*order)) {
            deferred_.push_back(next);
            retry_later();
            continue;
        }
        if (const auto* question = std::get_if<sequence::Query>(&next.effect)) query(*question);
        done_.push_back(next.key);
        os::failpoint("controller.effect_done");
    }
    running_ = false;
}

bool Engine::dispatch(const sequence::Dispatch& order) {
    if (!sequence::may_mint(state_, order, now())) return true;
    const auto not_sent = [&](const Error& why) {
        return feed(sequence::ExecuteAnswered{order.release, order.step, order.attempt,
                                              sequence::Answer::unavailable, "", why.message()});
    };
    const Loaded& release = loaded_.at(order.release);
    const std::shared_ptr<const sequence::Index> index = state_.releases.at(order.release).index;
    const sequence::StepIndex number = index->find(order.step);
    const plan::PlanStep& step = plan_step(release, *index, number);
    const std::string& environment = release.spec->stages[(*index)[number].stage].name;
    const std::optional<AgentView> agent = parts_.agents.info(step.agent_id);
    if (const Status ok = takes_orders(agent, step, parts_.trust.current(), now()); !ok) {
        return not_sent(ok.error());
    }
    if (const Status ok = still_approved(release, environment, !step.undo_of.empty()); !ok) {
        return not_sent(ok.error());
    }

    auto secrets = seal_secrets(step, environment, *agent);
    if (!secrets) return not_sent(secrets.error());
    const auto held = parts_.store.token(order.release, order.step, order.attempt);
    if (!held) return not_sent(held.error());
    std::string token;
    const Instant at = now();
    sequence::TokenMinted event{order.release, order.step, order.attempt, {}, {}, {}, false, {}, {}};
    Commit commit;
    const bool again =
        *held && !order.fresh && (*held)->nonce == agent->nonce && at + kLeastLife < (*held)->expires;
    // A peak or an open breaker may have come since it was granted its slots.
    if (const Status fits = sequence::still_fits(state_, order, !again, at); !fits) {
        return not_sent(fits.error());
    }
    if (again) {
        token = (*held)->token;
        event.jti = (*held)->jti;
        event.expires = (*held)->expires;
        event.again = true;
    } else {
        auto minted =
            mint(release, environment, step, order.attempt, *agent, parts_.trust, parts_.random, now());
        if (!minted) return not_sent(minted.error());
        token = minted->token;
        event.jti = minted->jti;
        event.expires = minted->expires;
        commit.tokens.push_back(
            {order.release, order.step, order.attempt, minted->jti, token, minted->nonce, minted->expires});
    }
    event.scopes =
        sequence::scopes_now(state_, state_.releases.at(order.release), *(*index)[number].spec, at);
    event.run_by = sequence::run_by(*(*index)[number].spec, event.expires);
    event.token_sha256 = crypto::sha256(token).hex();
    // Copied before the commit: a release that ends in it is let go.
    ExecuteOrder out;
    out.dispatch_id = to_string(DispatchId{order.release, order.step, order.attempt, 0});
    out.token = std::move(token);
    out.action = step.action;
    out.approval = release.approval(environment)->envelope;
    out.secrets = *std::move(secrets);
    out.standing = release.approval(environment)->standing;
    out.artifact_statement = release.approval(environment)->artifact_statement;
    for (const plan::ArtifactRef& artifact : step.artifacts) {
        out.artifacts.push_back({artifact.sha256, static_cast<std::int64_t>(artifact.size)});
    }
    const AgentId agent_id = step.agent_id;

    if (const Status stored = apply({event}, std::move(commit)); !stored) {
        parts_.log.error("a token could not be stored and was not sent", {{"error", stored.error()}});
        return not_sent(stored.error());
    }
    os::failpoint("controller.minted_not_sent");
    // Minted and not handed over: when that cannot be stored either, the sequencer asks in its own time.
    if (const Status sent = parts_.agents.execute(agent_id, out); !sent) not_sent(sent.error());
    return true;
}

Result<secret::Sealed> Engine::seal_secrets(const plan::PlanStep& step, const std::string& environment,
                                            const AgentView& agent) const {
    SB_TRY(const auto references, secret::references_of(step.action));
    if (references.empty()) return secret::Sealed();
    if (parts_.secrets == nullptr || !agent.sealing_key)
        return Error(Code::unavailable,
                     fmt::format("{} has not announced a key to seal secrets to", step.host),
                     "Update signalbox-agent and signalbox-executor on this host.");
    return parts_.secrets->seal(environment, references, *agent.sealing_key);
}

Status Engine::still_approved(const Loaded& release, const std::string& environment, bool undo) {
    // As hosts judge it: what ran may be taken back.
    if (!undo && withdrawn(release, environment) != nullptr)
        return Error(Code::unavailable, "its approval for " + environment + " was withdrawn");
    const trust::TrustFile* trust = parts_.trust.current();
    const std::int64_t version = trust == nullptr ? 0 : trust->version;
    if (version != approved_under_) approved_.clear();
    approved_under_ = version;
    const std::pair key(release.spec->id, environment);
    if (approved_.contains(key)) return {};
    SB_CHECK(approved(release, environment, trust));
    approved_.insert(key);
    return {};
}

void Engine::query(const sequence::Query& order) {
    const auto found = loaded_.find(order.release);
    if (found == loaded_.end()) return;
    const sequence::ReleaseState& release = state_.releases.at(order.release);
    const sequence::StepState& state = release.step(order.step);
    if (!state.asking || state.asks != order.ask) return;
    const sequence::Index::Entry& entry = (*release.index)[release.index->find(order.step)];
    const QueryOrder out{to_string(DispatchId{order.release, order.step, state.attempt, order.ask}),
                         found->second.approval_digests.at(release.spec->stages[entry.stage].name),
                         order.step};
    // Not sent is not answered: the sequencer asks again.
    if (const Status sent = parts_.agents.query(entry.spec->agent, out); !sent) {
        parts_.log.debug("a question could not be sent", {{"step", order.step}, {"error", sent.error()}});
    }
}

}  // namespace signalbox::dispatch
