// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/engine.hpp"

#include <algorithm>

#include "common/os/failpoint.hpp"
#include "controller/release/dispatch/outbox.hpp"
#include "controller/release/dispatch/superseded.hpp"

namespace signalbox::dispatch {

using sequence::Event;
using sequence::ReleaseState;

Engine::Engine(EngineParts parts) : parts_(std::move(parts)), self_(std::make_shared<Engine*>(this)) {}

Engine::~Engine() {
    parts_.strand.cancel(wake_);
    parts_.strand.cancel(retry_);
    parts_.strand.cancel(judge_timer_);
}

Instant Engine::now() {
    last_now_ = std::max(last_now_, parts_.clock.now());
    return last_now_;
}

Status Engine::open() {
    SB_TRY(const Opened opened, parts_.store.open());
    epoch_ = opened.epoch;
    for (const BreakerRow& row : opened.breakers) {
        SB_TRY(state_.breakers[row.environment], load_breaker(row));
    }
    for (const StoredWithdrawal& row : opened.withdrawals) withdrawals_.emplace(row.approval_sha256, row);
    for (const StoredRelease& release : opened.unfinished) {
        SB_TRY(Loaded loaded, load(release.fixed));
        SB_TRY(ReleaseState state, load_state(release, loaded));
        state_.releases.emplace(release.fixed.id, std::move(state));
        loaded_.emplace(release.fixed.id, std::move(loaded));
    }
    for (const OutboxRow& row : opened.outbox) {
        SB_TRY(sequence::Effect effect, from_row(row));
        queued_.push_back({row.key, std::move(effect)});
    }
    SB_CHECK(apply({sequence::ControllerStarted{}}));
    for (const StoredRelease& release : opened.unfinished) see_agents(release.fixed.id);
    run_soon();
    judge_soon();
    return {};
}

void Engine::fence(const Error& why) {
    if (fenced_) return;
    fenced_ = true;
    queued_.clear();
    deferred_.clear();
    parts_.log.error("another controller has taken over; this one does nothing more", {{"error", why}});
    if (parts_.fenced) parts_.fenced();
}

Status Engine::apply(const std::vector<Event>& events, Commit extra) {
    if (fenced_) return Error(Code::cancelled, "another controller has taken over", "Ask that one");
    const Instant at = now();
    sequence::Outcome all;
    all.state = state_;
    std::vector<sequence::Effect> effects;
    for (const Event& event : events) {
        sequence::Outcome one = sequence::step(all.state, event, at);
        if (one.applied) {
            all.applied = true;
            extra.entries.push_back(
                parts_.sealer.decision(sequence::ledger_kind(event), sequence::to_json(event, at), at));
        }
        all.changed.insert(one.changed.begin(), one.changed.end());
        effects.insert(effects.end(), one.effects.begin(), one.effects.end());
        all.state = std::move(one.state);
    }
    const bool writes =
        all.applied || !extra.entries.empty() || !extra.approvals.empty() || !extra.withdrawals.empty();
    if (writes) {
        extra.epoch = epoch_;
        for (const ReleaseId& id : all.changed) {
            const auto before = state_.releases.find(id);
            extra.changed.push_back(to_stored(before == state_.releases.end() ? nullptr : &before->second,
                                              all.state.releases.at(id)));
        }
        for (const auto& [environment, breaker] : all.state.breakers) {
            const auto before = state_.breakers.find(environment);
            if (before != state_.breakers.end() && before->second == breaker) continue;
            extra.breakers.push_back({environment, json::canonical(sequence::to_json(breaker))});
        }
        for (const sequence::Effect& effect : effects) {
            if (auto row = to_row(effect)) extra.outbox_add.push_back(*std::move(row));
        }
        extra.outbox_done.insert(extra.outbox_done.end(), done_.begin(), done_.end());
        SB_CHECK(record_placements(state_, all.state, extra));
        const Status stored = parts_.store.commit(extra).with_context("storing release events");
        if (!stored && stored.error().code() == Code::cancelled) fence(stored.error());
        SB_CHECK(stored);
        os::failpoint("controller.committed");
        done_.clear();
    }
    state_ = std::move(all.state);
    std::optional<Instant> wake;
    for (sequence::Effect& effect : effects) {
        if (const auto* w = std::get_if<sequence::Wake>(&effect)) wake = w->at;
        if (auto row = to_row(effect)) queued_.push_back({std::move(row->key), std::move(effect)});
    }
    if (wake) wake_at(*wake);
    if (writes && !extra.entries.empty() && parts_.appended) parts_.appended();
    for (const ReleaseId& id : all.changed) {
        for (const auto& listener : listeners_) listener(id);
    }
    for (const ReleaseId& id : all.changed) {
        const auto found = state_.releases.find(id);
        if (found == state_.releases.end() || !found->second.ended()) continue;
        parts_.log.info("release ended",
                        {{"release", id}, {"status", sequence::to_string(found->second.status())}});
        approved_.erase(approved_.lower_bound({id, ""}), approved_.upper_bound({id, "\x7f"}));
        loaded_.erase(id);
        state_.releases.erase(found);
    }
    if (!queued_.empty()) run_soon();
    if (!all.changed.empty()) judge_soon();
    return {};
}

bool Engine::feed(const Event& event, Commit extra) {
    const Status status = apply({event}, std::move(extra));
    if (!status) {
        parts_.log.error("a release event could not be stored; what is due is tried again",
                         {{"error", status.error()}});
        retry_later();
    }
    return status.ok();
}

Status Engine::record_placements(const sequence::State& before, const sequence::State& after,
                                 Commit& commit) const {
    std::optional<Placements> placements;  // read once, and only when a stage has closed
    for (const auto& [id, state] : after.releases) {
        const auto old = before.releases.find(id);
        const auto known = loaded_.find(id);
        if (old == before.releases.end() || known == loaded_.end()) continue;
        const bool ends = state.ended() && !old->second.ended();
        if (!ends && old->second.stage >= state.stage) continue;
        if (!placements) {
            SB_TRY(placements, parts_.store.placements());
        }
        for (std::size_t stage = old->second.stage; stage < state.stage; ++stage) {
            record_stage(known->second, state, stage, *placements, commit);
        }
        if (ends) record_stage(known->second, state, state.stage, *placements, commit);
    }
    return {};
}

void Engine::wake_at(Instant when) {
    parts_.strand.cancel(wake_);
    wake_ = parts_.strand.post_at(when, [weak = std::weak_ptr(self_)] {
        if (const auto self = weak.lock()) (*self)->tick();
    });
}

void Engine::retry_later() {
    if (retry_ != async::TimerId::none) return;
    retry_ = parts_.strand.post_at(now() + kRetry, [weak = std::weak_ptr(self_)] {
        const auto self = weak.lock();
        if (!self) return;
        (*self)->retry_ = async::TimerId::none;
        (*self)->tick();
    });
}

void Engine::tick() {
    // Presence may have been missed while nothing could be stored.
    std::vector<ReleaseId> ids;
    for (const auto& [id, release] : loaded_) ids.push_back(id);
    for (const ReleaseId& id : ids) see_agents(id);
    for (Queued& queued : deferred_) queued_.push_back(std::move(queued));
    deferred_.clear();
    if (!queued_.empty()) run_soon();
    feed(sequence::Tick{});
}

void Engine::see_agents(const ReleaseId& id) {
    const auto found = state_.releases.find(id);
    if (found == state_.releases.end()) return;
    const std::shared_ptr<const sequence::Index> index = found->second.index;
    for (const AgentId& agent : index->agents()) {
        const auto view = parts_.agents.info(agent);
        const bool online = view && view->online;
        const auto now_known = state_.releases.find(id);
        if (now_known == state_.releases.end()) return;
        const bool gone = view && view->state == "banned" && !online;
        const sequence::ReleaseState& known = now_known->second;
        if (online != known.is_online(agent) || gone != known.tracking.gone.test(index->agent(agent)))
            feed(sequence::AgentSeen{agent, online, gone});
    }
}

Status Engine::start(Loaded release, std::vector<ledger::PendingEntry> entries) {
    for (const auto& [id, other] : loaded_) {
        const std::string shared = shared_service(other.plan, release.plan);
        if (shared.empty()) continue;
        return Error(Code::conflict, "release " + id.str() + " of " + shared + " has not ended",
                     "Wait for it, or abort or undo it");
    }
    const ReleaseId id = release.spec->id;
    release.digest_approvals();
    Commit commit;
    commit.created.push_back(to_stored(release));
    commit.entries = std::move(entries);
    const auto spec = release.spec;
    loaded_.emplace(id, std::move(release));
    if (Status status = apply({sequence::ReleaseStarted{spec}}, std::move(commit)); !status) {
        loaded_.erase(id);
        return status;
    }
    see_agents(id);
    return {};
}

Status Engine::command(const sequence::Command& command) {
    if (!state_.releases.contains(command.release)) SB_CHECK(bring_back(command.release));
    Status allowed = sequence::allowed(state_, command, now());
    const auto found = loaded_.find(command.release);
    if (allowed && command.kind == sequence::CommandKind::undo && found != loaded_.end()) {
        allowed = not_superseded(found->second, state_.releases.at(command.release));
    }
    if (allowed && command.kind == sequence::CommandKind::resume) allowed = may_resume(command.release);
    if (allowed) allowed = apply({command});
    const auto after = state_.releases.find(command.release);
    if (after != state_.releases.end() && after->second.ended()) {
        state_.releases.erase(after);
        loaded_.erase(command.release);
    }
    if (!allowed) return allowed;
    see_agents(command.release);
    return {};
}

Status Engine::bring_back(const ReleaseId& id) {
    SB_TRY(const auto stored, parts_.store.load(id));
    if (!stored) {
        return Error(Code::not_found, "there is no release " + id.str(), "List them: signalbox release list");
    }
    SB_TRY(Loaded release, load(stored->fixed));
    SB_TRY(ReleaseState state, load_state(*stored, release));
    state_.releases.emplace(id, std::move(state));
    loaded_.emplace(id, std::move(release));
    return {};
}

Status Engine::not_superseded(const Loaded& release, const ReleaseState& state) {
    for (const auto& [id, other] : loaded_) {
        const std::string shared = shared_service(other.plan, release.plan);
        if (id == release.spec->id || shared.empty()) continue;
        return Error(Code::failed_precondition, "release " + id.str() + " of " + shared + " is at work",
                     "Undo that one first");
    }
    if (!state.ended()) return {};
    SB_TRY(const Placements placements, parts_.store.placements());
    const auto later = superseded(release, state, placements);
    if (!later) return {};
    return Error(Code::failed_precondition,
                 "release " + later->by.str() + " came later and is on " + later->host + " now",
                 "Undo that one first: signalbox release undo " + later->by.str());
}

Status Engine::approve(ApprovalDocument document, ledger::PendingEntry entry) {
    const auto found = loaded_.find(document.release_id);
    if (found == loaded_.end()) {
        return Error(Code::failed_precondition, "release " + document.release_id.str() + " has ended",
                     "Nothing is left to approve");
    }
    Commit commit;
    commit.approvals.push_back(document);
    commit.entries.push_back(std::move(entry));
    SB_CHECK(apply({}, std::move(commit)));
    approved_.erase({document.release_id, document.environment});
    for (ApprovalDocument& held : found->second.approvals) {
        if (held.environment == document.environment) held = document;
    }
    judge_soon();
    return {};
}

void Engine::trust_changed() {
    judge_soon();
}

void Engine::on_change(std::function<void(const ReleaseId&)> listener) {
    listeners_.push_back(std::move(listener));
}

const Loaded* Engine::loaded(const ReleaseId& id) const {
    const auto found = loaded_.find(id);
    return found == loaded_.end() ? nullptr : &found->second;
}

}  // namespace signalbox::dispatch
