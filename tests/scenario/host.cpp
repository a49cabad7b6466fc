// SPDX-License-Identifier: Apache-2.0
#include "host.hpp"

#include <algorithm>
#include <cstdlib>

#include "common/json/json.hpp"
#include "controller/ledger/sealer.hpp"
#include "world.hpp"

namespace signalbox::scenario {
namespace {

using dispatch::QueryState;
using std::chrono::milliseconds;
using std::chrono::seconds;

Duration skew() {
    return seconds(trust_file().limits.skew_s);
}

bool in_window(const trust::Approval& approval, const trust::ApprovedStep& step, const token::Claims& claims,
               seconds deadline, Instant now) {
    if (now < claims.window_nbf || now >= claims.window_exp || now >= approval.end_for(step)) return false;
    if (!step.undo_of.empty()) return true;
    Instant end = approval.not_after;
    for (const trust::ClosedTime& closed : approval.closed) {
        if (closed.from <= now && now < closed.to) return false;
        if (closed.from > now) end = std::min(end, closed.from);
    }
    return approval.overrun != "stop" || now + deadline <= end;
}

}  // namespace

const Approvals::Entry* Approvals::find(const std::string& envelope) {
    std::unique_ptr<Entry>& entry = known_[envelope];
    if (entry) return entry.get();
    const auto opened = dsse::parse(envelope, trust::kMaxApprovalBytes);
    if (!opened) return nullptr;
    auto approval = trust::parse_approval(opened->payload);
    if (!approval) return nullptr;
    entry = std::make_unique<Entry>(Entry{*std::move(approval), trust::approval_digest(opened->payload)});
    return entry.get();
}

Host::Host(std::string host_name, std::string host_environment, AgentId agent, const crypto::SigningKey& key,
           std::mt19937_64& random, Approvals& approvals)
    : name(std::move(host_name)),
      environment(std::move(host_environment)),
      id(std::move(agent)),
      record_key(key),
      random_(random),
      approvals_(approvals) {
    nonce = id.str() + "-0";
}

double Host::chance() {
    return std::uniform_real_distribution<double>(0, 1)(random_);
}

std::string Host::admit(const token::Claims& claims, const dispatch::ExecuteOrder& order,
                        const Approvals::Entry*& approval, Instant now) {
    if (now + skew() < floor_) return "R_CLOCK";
    floor_ = std::max(floor_, now);
    now = floor_;
    if (claims.nce != nonce) return "R_NONCE";
    if (claims.aud != id) return "R_AUD";
    if (claims.nbf > now + skew() || claims.iat > now + skew()) return "R_EARLY";
    if (claims.exp + skew() <= now) return "R_EXPIRED";
    if (crypto::sha256(order.action) != claims.adg) return "R_DIGEST";
    approval = approvals_.find(order.approval);
    if (approval == nullptr || approval->digest != claims.apr ||
        approval->approval.environment != environment)
        return "R_APPROVAL";
    const trust::ApprovedStep* step = approval->approval.find(claims.stp);
    if (step == nullptr || step->agent_id != id || step->action_sha256 != claims.adg) return "R_APPROVAL";
    const auto action = json::parse(order.action);
    const seconds deadline((*action)["deadline_s"].get<std::int64_t>());
    if (!in_window(approval->approval, *step, claims, deadline, now)) return "R_WINDOW";
    if (used_.contains(claims.jti)) return "R_REPLAY";
    const Journal& entry = journal[{claims.apr.hex(), claims.stp}];
    if (entry.state == QueryState::running) return "R_BUSY";
    if (entry.state == QueryState::done && (entry.outcome == "ok" || entry.outcome == "nothing_to_do"))
        return "R_DONE";
    if (entry.executions >= step->max_attempts || claims.att > step->max_attempts) return "R_ATTEMPTS";
    return {};
}

dispatch::ExecuteAnswer Host::execute(const dispatch::ExecuteOrder& order, Instant now) {
    const auto open = token::open(order.token);
    const auto claims = open ? token::parse_claims(open->message) : Result<token::Claims>(open.error());
    if (!claims) return {order.dispatch_id, false, "R_FORMAT", ""};
    const Approvals::Entry* approval = nullptr;
    if (const std::string refusal = admit(*claims, order, approval, wall(now)); !refusal.empty())
        return {order.dispatch_id, false, refusal, ""};
    used_.insert(claims->jti);
    const trust::ApprovedStep* step = approval->approval.find(claims->stp);
    const Key key{claims->apr.hex(), claims->stp};
    Journal& entry = journal[key];
    entry.state = QueryState::running;
    entry.release = approval->approval.release_id;
    entry.undo_of = step->undo_of;
    entry.attempt = static_cast<int>(claims->att);
    entry.approved = step->max_attempts;
    entry.outcome.clear();
    entry.jti = claims->jti;
    ++entry.executions;
    ++running_;
    const double part = temper.exact ? 1 : chance() * chance();
    const double usual = static_cast<double>(temper.usual_ms) * part;
    auto takes = milliseconds(1 + static_cast<std::int64_t>(usual));
    if (chance() < temper.slow_rate) takes = milliseconds(static_cast<std::int64_t>(40'000 * chance()));
    begun_ = Running{key, now + takes};
    add(record::Kind::started, key, entry, now);
    return {order.dispatch_id, true, "", ""};
}

std::optional<Host::Running> Host::take_begun() {
    return std::exchange(begun_, std::nullopt);
}

dispatch::QueryAnswer Host::query(const dispatch::QueryOrder& order) const {
    const auto found = journal.find({order.approval_sha256.hex(), order.step_id});
    if (found == journal.end()) return {order.dispatch_id, QueryState::never, 0, ""};
    return {order.dispatch_id, found->second.state, found->second.attempt, found->second.outcome};
}

void Host::finish(const Key& key, Instant now) {
    Journal& step = journal.at(key);
    std::string outcome = "ok";
    if (chance() < temper.failure_rate) {
        const double dice = chance();
        outcome = dice < 0.2 ? "unchanged" : dice < 0.5 ? "timed_out" : "failed";
    }
    if (const auto told = script.find(key.second); told != script.end()) {
        outcome = told->second;
        script.erase(told);
    }
    const bool applied = outcome == "ok" || (outcome != "unchanged" && chance() < 0.5);
    end(key, step, outcome, applied, now);
}

void Host::crash(Instant now) {
    nonce = id.str() + "-" + std::to_string(++nonces_);
    for (auto& [key, step] : journal) {
        if (step.state == QueryState::running) end(key, step, "interrupted", chance() < 0.5, now);
    }
}

void Host::end(const Key& key, Journal& step, const std::string& outcome, bool applied, Instant now) {
    --running_;
    step.state = QueryState::done;
    step.outcome = outcome;
    if (applied && step.undo_of.empty()) marks.insert({step.release, key.second});
    if (applied && !step.undo_of.empty()) marks.erase({step.release, step.undo_of});
    add(outcome == "interrupted" ? record::Kind::interrupted : record::Kind::finished, key, step, now);
}

bool Host::may_admit(const std::string& token_nonce, const std::string& jti, Instant expires,
                     Instant window_end, Instant now) const {
    const Instant at = std::max(wall(now), floor_);
    return !gone && token_nonce == nonce && !used_.contains(jti) && at < expires + skew() && at < window_end;
}

void Host::add(record::Kind kind, const Key& key, const Journal& step, Instant now) {
    record::ActionRecord made;
    made.cluster_id = ClusterId("demo");
    made.agent_id = id;
    made.boot_id = "boot";
    made.seq = next_seq_++;
    made.time_wall = wall(now);
    made.kind = kind;
    made.approval_sha256 = crypto::parse_digest(key.first).value();
    made.step_id = key.second;
    made.attempt = step.attempt;
    made.jti = step.jti;
    if (!step.outcome.empty()) {
        made.outcome = record::Outcome{};
        made.outcome->code = step.outcome;
    }
    made_.push_back(made);
    if (!seals) {
        ledger::PendingEntry plain;
        plain.agent = id;
        plain.seq = made.seq;
        outbox_.push_back({made, std::move(plain)});
        return;
    }
    auto entry = ledger::Sealer::record(record::seal(made, record_key), made, record_key.public_key());
    if (!entry) std::abort();
    outbox_.push_back({made, *std::move(entry)});
}

void Host::acknowledge(std::int64_t seq) {
    std::erase_if(outbox_, [&](const fleet::VerifiedRecord& r) { return r.record.seq <= seq; });
}

}  // namespace signalbox::scenario
