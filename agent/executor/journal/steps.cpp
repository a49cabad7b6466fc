// SPDX-License-Identifier: Apache-2.0
// Which tokens were used, what ran how often, and how to go back.
#include <fmt/format.h>

#include "agent/executor/journal/journal.hpp"

namespace signalbox::journal {
namespace {

using admission::StepState;

// A used token is remembered this much longer than it lives: more than any skew.
constexpr std::chrono::hours kKeepToken{1};

Result<StepState> parse_state(std::string_view text) {
    if (text == "running") return StepState::running;
    if (text == "succeeded") return StepState::succeeded;
    if (text == "failed") return StepState::failed;
    return Error(Code::data_loss, fmt::format("the journal holds the step state '{}'", text));
}

}  // namespace

Result<Step> Journal::step(const crypto::Digest& approval, const StepId& step) {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto query, database_.query("SELECT state, attempts, coalesce(outcome, '') FROM step "
                                       "WHERE approval = ? AND step_id = ?",
                                       approval.hex(), step.str()));
    std::string state;
    SB_TRY(auto row, query.first([&](const sqlite::Row& r) {
        state = r.text(0);
        return Step{StepState::never, r.integer(1), r.text(2)};
    }));
    if (!row) return Step{};
    SB_TRY(row->state, parse_state(state));
    return *std::move(row);
}

Result<admission::History> Journal::history_of(const admission::Verified& verified) {
    admission::History history;
    SB_TRY(auto jti, database_.query("SELECT 1 FROM token_used WHERE jti = ?", verified.claims.jti));
    SB_TRY(const auto seen, jti.first([](const sqlite::Row& r) { return r.integer(0); }));
    history.jti_seen = seen.has_value();
    SB_TRY(auto query, database_.query("SELECT state, attempts FROM step WHERE approval = ? AND step_id = ?",
                                       verified.claims.apr.hex(), verified.claims.stp.str()));
    SB_TRY(const auto state, query.first([&](const sqlite::Row& r) {
        history.attempts = r.integer(1);
        return r.text(0);
    }));
    if (state) {
        SB_TRY(history.state, parse_state(*state));
    }
    SB_TRY(auto floor,
           database_.query("SELECT counter FROM release_floor WHERE service = ?", verified.action.service));
    SB_TRY(const auto counter, floor.first([](const sqlite::Row& r) { return r.integer(0); }));
    history.release_floor = counter.value_or(0);
    SB_TRY(history.withdrawn, is_withdrawn(verified.claims.apr));
    if (!verified.step.undo_of.empty()) {
        SB_TRY(auto forward, database_.query("SELECT 1 FROM step WHERE approval = ? AND step_id = ?",
                                             verified.claims.apr.hex(), verified.step.undo_of.str()));
        SB_TRY(const auto ran, forward.first([](const sqlite::Row& r) { return r.integer(0); }));
        history.forward_ran = ran.has_value();
    }
    SB_CHECK(recall_standing(verified, history));
    return history;
}

Status Journal::use_up(const admission::Verified& verified, const admission::History& history, Instant now) {
    const auto& claims = verified.claims;
    SB_CHECK(database_.run("DELETE FROM token_used WHERE expires < (SELECT time_floor FROM progress) - ?",
                           Duration(kKeepToken).count()));
    SB_CHECK(database_.run("INSERT INTO token_used(jti, expires) VALUES(?,?)", claims.jti,
                           claims.exp.time_since_epoch().count()));
    SB_CHECK(database_.run(
        "INSERT INTO step(approval, step_id, service, attempts, state, jti, token_sha256, action_sha256) "
        "VALUES(?,?,?,?,'running',?,?,?) ON CONFLICT(approval, step_id) DO UPDATE SET attempts = "
        "excluded.attempts, "
        "state = 'running', jti = excluded.jti, token_sha256 = excluded.token_sha256, outcome = NULL",
        claims.apr.hex(), claims.stp.str(), verified.action.service, history.attempts + 1, claims.jti,
        verified.token_sha256.hex(), claims.adg.hex()));
    SB_CHECK(
        database_.run("UPDATE progress SET time_floor = max(time_floor, ?)", now.time_since_epoch().count()));
    if (verified.standing) {
        SB_CHECK(
            database_.run("INSERT INTO standing_use(standing, approval, patch) VALUES(?,?,?) "
                          "ON CONFLICT(standing, approval) DO NOTHING",
                          verified.standing->standing.hex(), claims.apr.hex(), verified.standing->patch));
    }
    if (!verified.step.undo_of.empty()) return {};
    // Undo steps go back on purpose; only forward steps say which release is the newest.
    SB_CHECK(database_.run(
        "INSERT INTO release_floor(service, counter) VALUES(?,?) ON CONFLICT(service) DO UPDATE "
        "SET counter = max(counter, excluded.counter)",
        verified.action.service, claims.rc));
    return {};
}

Result<std::optional<admission::Refusal>> Journal::start_step(const admission::Verified& verified,
                                                              Instant now, record::ActionRecord started,
                                                              const crypto::SigningKey& key) {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto transaction, database_.begin());
    SB_TRY(const std::int64_t waiting, outbox_size());
    if (waiting >= kMaxOutbox)
        return std::optional(admission::Refusal{
            admission::RefusalCode::state,
            fmt::format("{} records wait for their receipts: the outbox is full", waiting)});
    SB_TRY(const admission::History history, history_of(verified));
    if (auto refusal = admission::judge(verified, history)) return refusal;
    SB_CHECK(use_up(verified, history, now));
    started.attempt = history.attempts + 1;
    SB_CHECK(append_locked(std::move(started), {}, key));
    SB_CHECK(transaction.commit());
    return std::optional<admission::Refusal>();
}

Status Journal::finish_step(const crypto::Digest& approval, const StepId& step, bool succeeded,
                            const std::string& outcome, record::ActionRecord finished, const Output& output,
                            const crypto::SigningKey& key) {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto transaction, database_.begin());
    SB_TRY(
        auto query,
        database_.query("SELECT attempts FROM step WHERE approval = ? AND step_id = ? AND state = 'running'",
                        approval.hex(), step.str()));
    SB_TRY(const auto attempts, query.first([](const sqlite::Row& r) { return r.integer(0); }));
    if (!attempts)
        return Error(Code::internal, fmt::format("step {} ended without having started", step.str()));
    finished.attempt = *attempts;
    SB_CHECK(database_.run("UPDATE step SET state = ?, outcome = ? WHERE approval = ? AND step_id = ?",
                           succeeded ? "succeeded" : "failed", outcome, approval.hex(), step.str()));
    SB_CHECK(append_locked(std::move(finished), output, key, Room::reserved));
    return transaction.commit();
}

Result<std::vector<Journal::Unfinished>> Journal::unfinished() {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto query,
           database_.prepare("SELECT approval, step_id, attempts, jti, token_sha256, action_sha256 FROM step "
                             "WHERE state = 'running' ORDER BY approval, step_id"));
    std::vector<Unfinished> out;
    SB_CHECK(query.each([&](const sqlite::Row& r) -> Status {
        Unfinished item;
        SB_TRY(item.approval, crypto::parse_digest(r.text(0)));
        item.step_id = StepId(r.text(1));
        item.attempt = r.integer(2);
        item.jti = r.text(3);
        SB_TRY(item.token_sha256, crypto::parse_digest(r.text(4)));
        SB_TRY(item.action_sha256, crypto::parse_digest(r.text(5)));
        out.push_back(std::move(item));
        return {};
    }));
    return out;
}

Status Journal::remember_switch(const crypto::Digest& approval, const StepId& step, const Switch& change) {
    const std::lock_guard lock(mutex_);
    SB_TRY(const std::int64_t changed,
           database_.run("UPDATE step SET before_target = ?3, after_target = ?4, before_known = 1 "
                         "WHERE approval = ?1 AND step_id = ?2",
                         approval.hex(), step.str(), change.before, change.after));
    if (changed != 1)
        return Error(Code::internal, fmt::format("step {} switches without having started", step.str()));
    return {};
}

Result<std::optional<Switch>> Journal::switch_of(const crypto::Digest& approval, const StepId& step) {
    const std::lock_guard lock(mutex_);
    SB_TRY(auto query, database_.query("SELECT before_target, after_target FROM step "
                                       "WHERE approval = ? AND step_id = ? AND before_known = 1",
                                       approval.hex(), step.str()));
    return query.first([](const sqlite::Row& r) { return Switch{r.optional_text(0), r.text(1)}; });
}

}  // namespace signalbox::journal
