// SPDX-License-Identifier: Apache-2.0
#include "sim_agent.hpp"

#include <algorithm>
#include <cstdlib>

#include "common/json/json.hpp"
#include "common/token/token.hpp"
#include "common/trust/approval.hpp"
#include "controller/ledger/sealer.hpp"
#include "tests/fakes/trust_fixture.hpp"
#include "world.hpp"

namespace signalbox::scenario {

using dispatch::QueryState;

SimAgent::SimAgent(std::string name, std::uint8_t key, std::mt19937_64& random)
    : host(std::move(name)), id(agent_of(host)), record_key(fakes::test_key(key)), random_(random) {
    nonce = host + "-0";
}

double SimAgent::chance() {
    return std::uniform_real_distribution<double>(0, 1)(random_);
}

dispatch::ExecuteAnswer SimAgent::execute(const dispatch::ExecuteOrder& order, Instant now) {
    const auto refuse = [&](const char* code) {
        return dispatch::ExecuteAnswer{order.dispatch_id, false, code, ""};
    };
    const auto open = token::open(order.token);
    if (!open) return refuse("R_FORMAT");
    const auto claims = token::parse_claims(open->message);
    if (!claims) return refuse("R_PARSE");
    if (claims->aud != id) return refuse("R_AUD");
    if (claims->nce != nonce) return refuse("R_NONCE");
    if (now >= claims->exp) return refuse("R_EXPIRED");
    if (crypto::sha256(order.action) != claims->adg) return refuse("R_DIGEST");
    const auto envelope = dsse::parse(order.approval, trust::kMaxApprovalBytes);
    const auto approval = trust::parse_approval(envelope->payload);
    const trust::ApprovedStep* step = approval->find(claims->stp);
    if (step == nullptr || trust::approval_digest(envelope->payload) != claims->apr)
        return refuse("R_APPROVAL");
    if (!used.insert(claims->jti).second) return refuse("R_REPLAY");

    const auto key = std::make_pair(claims->apr.hex(), claims->stp);
    Journal& entry = journal[key];
    if (entry.state == QueryState::running) return refuse("R_BUSY");
    if (entry.state == QueryState::done && entry.outcome == "ok") return refuse("R_DONE");
    if (entry.executions >= step->max_attempts || claims->att > step->max_attempts)
        return refuse("R_ATTEMPTS");
    const auto action = json::parse(order.action);
    entry.state = QueryState::running;
    entry.attempt = static_cast<int>(claims->att);
    entry.approved = step->max_attempts;
    entry.outcome.clear();
    entry.service = (*action)["service"].get<std::string>();
    entry.kind = step->action;
    entry.ends = now + std::chrono::milliseconds(static_cast<int>(chance() * 20'000));
    ++entry.executions;
    ++running_;
    add(record::Kind::started, key, entry, now);
    return {order.dispatch_id, true, "", ""};
}

dispatch::QueryAnswer SimAgent::query(const dispatch::QueryOrder& order) const {
    const auto found = journal.find({order.approval_sha256.hex(), order.step_id});
    if (found == journal.end()) return {order.dispatch_id, QueryState::never, 0, ""};
    return {order.dispatch_id, found->second.state, found->second.attempt, found->second.outcome};
}

void SimAgent::advance(Instant now) {
    for (auto& [key, step] : journal) {
        if (step.state != QueryState::running || now < step.ends) continue;
        const bool fails = chance() < failure_rate;
        finish(key, step, fails ? "failed" : "ok", !fails || chance() < 0.5, now);
    }
}

void SimAgent::crash(Instant now) {
    nonce = host + "-" + std::to_string(++nonces_);
    for (auto& [key, step] : journal) {
        if (step.state == QueryState::running) finish(key, step, "interrupted", chance() < 0.5, now);
    }
}

void SimAgent::finish(const std::pair<std::string, StepId>& key, Journal& step, const std::string& outcome,
                      bool applied, Instant now) {
    --running_;
    step.state = QueryState::done;
    step.outcome = outcome;
    if (applied && step.kind == "release.activate") version[step.service] = kNewVersion;
    if (applied && step.kind == "release.revert") version[step.service] = kOldVersion;
    add(outcome == "interrupted" ? record::Kind::interrupted : record::Kind::finished, key, step, now);
}

void SimAgent::add(record::Kind kind, const std::pair<std::string, StepId>& key, const Journal& step,
                   Instant now) {
    record::ActionRecord made;
    made.cluster_id = ClusterId("demo");
    made.agent_id = id;
    made.boot_id = "boot";
    made.seq = next_seq_++;
    made.time_wall = now;
    made.kind = kind;
    made.approval_sha256 = crypto::parse_digest(key.first).value();
    made.step_id = key.second;
    made.attempt = step.attempt;
    if (!step.outcome.empty()) {
        made.outcome = record::Outcome{};
        made.outcome->code = step.outcome;
    }
    auto entry = ledger::Sealer::record(record::seal(made, record_key), made, record_key.public_key());
    if (!entry) std::abort();
    outbox_.push_back({made, *std::move(entry)});
}

std::vector<fleet::VerifiedRecord> SimAgent::unsent() const {
    return outbox_;
}

void SimAgent::acknowledge(std::int64_t seq) {
    std::erase_if(outbox_, [&](const fleet::VerifiedRecord& r) { return r.record.seq <= seq; });
}

}  // namespace signalbox::scenario
