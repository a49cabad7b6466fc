// SPDX-License-Identifier: Apache-2.0
// Changes of agents' states, and what raises an alarm.
#include <fmt/format.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"
#include "controller/fleet/server/sessions.hpp"

namespace signalbox::fleet {
namespace {

constexpr std::size_t kStartsRemembered = 16;

std::string decision_kind(AgentState state) {
    switch (state) {
        case AgentState::active:
            return "agent_activated";
        case AgentState::quarantined:
            return "agent_quarantined";
        case AgentState::banned:
            return "agent_banned";
    }
    return "agent_banned";
}

}  // namespace

Status Sessions::set_state(const AgentId& id, AgentState state, const std::string& reason,
                           const std::string& by, json::Json proof) {
    json::Json data = {{"agent_id", id.str()}, {"by", by}, {"reason", reason}};
    if (!proof.empty()) data["proof"] = std::move(proof);
    StateChange change{id, state, reason,
                       ledger_.sealer().decision(decision_kind(state), std::move(data), clock_.now())};
    SB_CHECK(store_.set_state(change));
    ledger_.appended();
    log_.warning("agent changed its state",
                 {{"agent", id}, {"state", to_string(state)}, {"reason", reason}, {"by", by}});
    for (auto* streams : {&sessions_, &arriving_, &leaving_}) {
        const auto found = streams->find(id);
        if (found == streams->end()) continue;
        found->second.agent.state = state;
        found->second.agent.state_reason = reason;
    }
    if (state == AgentState::banned) {
        cut(id, reason);
    } else {
        announce_state(id, state);
    }
    return {};
}

void Sessions::announce_state(const AgentId& id, AgentState state) {
    if (!sessions_.contains(id)) return;
    announce(id, [id, state](dispatch::AgentEvents& events) {
        if (state == AgentState::active) {
            events.agent_ready(id);
        } else {
            events.agent_gone(id, "it is quarantined");
        }
    });
}

Status Sessions::lift_ban(const AgentId& id, const std::string& reason, const std::string& by) {
    SB_TRY(const auto agent, store_.agent(id));
    if (!agent) return Error(Code::not_found, fmt::format("there is no agent {}", id.str()));
    SB_TRY(const std::vector<AgentInfo> all, store_.agents());
    for (const AgentInfo& other : all) {
        if (other.host != agent->host || other.environment != agent->environment ||
            other.enrolled <= agent->enrolled) {
            continue;
        }
        return Error(
            Code::failed_precondition,
            fmt::format("host '{}' has enrolled again since, as {}", agent->host, other.agent_id.str()),
            "An identity that was replaced never comes back: use the newer one");
    }
    json::Json data = {{"agent_id", id.str()}, {"by", by}, {"reason", reason}};
    SB_CHECK(
        store_.set_state({id, AgentState::quarantined, reason,
                          ledger_.sealer().decision("agent_unbanned", std::move(data), clock_.now()), true}));
    ledger_.appended();
    log_.warning("a ban was lifted", {{"agent", id}, {"reason", reason}, {"by", by}});
    return {};
}

bool Sessions::ask_to_renew(const AgentId& id) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return false;
    v1::ControllerMessage message;
    message.mutable_renew_certificate();
    return found->second.link->send(std::move(message));
}

void Sessions::cut(const AgentId& id, const std::string& why) {
    const Error banned(Code::permission_denied, fmt::format("agent {} is banned: {}", id.str(), why),
                       "Enrol this host again if it may come back");
    // Also when its streams are gone: an artifact may still be on its way.
    if (const auto pass = passes_.extract(id)) pass.mapped()->store(false);
    for (auto* streams : {&arriving_, &leaving_, &sessions_}) {
        const auto found = streams->find(id);
        if (found == streams->end()) continue;
        Session& session = found->second;
        v1::ControllerMessage goodbye;
        goodbye.mutable_goodbye()->set_reason(why);
        session.link->send(std::move(goodbye));
        end(session, banned);
    }
}

void Sessions::on_alarm(Session& session, const Judgement& judgement) {
    const AgentInfo agent = session.agent;
    log_.error("ALARM: records that must not be",
               {{"agent", agent.agent_id}, {"host", agent.host}, {"problem", judgement.problem}});
    if (judgement.alarm == Alarm::fork && agent.state == AgentState::active) {
        const json::Json proof = {
            {"seq", judgement.proof_seq},
            {"other_envelope", crypto::to_base64(as_bytes(judgement.proof_envelope))},
        };
        const Status done =
            set_state(agent.agent_id, AgentState::quarantined, judgement.problem, "controller", proof);
        if (!done) log_.error("cannot quarantine", {{"agent", agent.agent_id}, {"error", done.error()}});
    }
    if (judgement.alarm == Alarm::foreign) alarm(agent.agent_id, "foreign_records", judgement.problem);
    const Code code = judgement.alarm == Alarm::malformed ? Code::invalid_argument : Code::permission_denied;
    end(session, Error(code, judgement.problem,
                       "Look at this host: another program, or a copy of it, reports for it"));
}

void Sessions::alarm(const AgentId& id, const std::string& code, const std::string& problem) {
    log_.error("ALARM: " + code, {{"agent", id}, {"problem", problem}});
    // The log has every one; the ledger must not be filled by whoever holds one certificate.
    const Instant now = clock_.now();
    const auto before = alarmed_.find(id);
    if (before != alarmed_.end() && now - before->second < settings_.alarm_every) return;
    const auto known = store_.agent(id);
    if (!known || !*known) return;
    json::Json data = {{"agent_id", id.str()}, {"code", code}, {"problem", problem}};
    if (auto kept = ledger_.append("agent_alarm", std::move(data)); !kept) {
        log_.error("cannot keep an alarm", {{"agent", id}, {"error", kept.error()}});
        return;
    }
    alarmed_.insert_or_assign(id, now);
}

// A nonce is fresh with every start of an executor. When an earlier one is there again, two executors run
// under one identity: the host was copied.
void Sessions::watch_for_twin(const Session& session) {
    const AgentId id = session.agent.agent_id;
    const Start now{session.hello.nonce(), session.hello.boot_id()};
    if (now.nonce.empty()) return;
    auto& starts = starts_[id];
    if (!starts.empty() && starts.back().nonce == now.nonce) return;
    const auto same = [&](const Start& start) { return start.nonce == now.nonce; };
    const auto again = std::find_if(starts.begin(), starts.end(), same);
    if (again == starts.end()) {
        if (starts.size() >= kStartsRemembered) starts.pop_front();
        starts.push_back(now);
        return;
    }
    const Start between = starts.back();
    starts.erase(again);
    starts.push_back(now);
    if (session.agent.state != AgentState::active) return;
    const std::string problem = "two executors run under its identity: the host was copied";
    log_.error("ALARM: a copied host", {{"agent", id}, {"host", session.agent.host}});
    const json::Json proof = {{"nonce", now.nonce},
                              {"boot_id", now.boot_id},
                              {"other_nonce", between.nonce},
                              {"other_boot_id", between.boot_id}};
    const Status done = set_state(id, AgentState::quarantined, problem, "controller", proof);
    if (!done) log_.error("cannot quarantine", {{"agent", id}, {"error", done.error()}});
}

}  // namespace signalbox::fleet
