// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/sessions.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"
#include "common/secret/secret.hpp"
#include "controller/fleet/server/wire.hpp"

namespace signalbox::fleet {
namespace {

constexpr std::size_t kArtifactsRemembered = 256;
constexpr std::int64_t kTrustVersionsAtOnce = 16;
// Silence of so many heartbeats ends a stream; half of it makes it stale.
constexpr int kSilentHeartbeats = 4;

Error replaced() {
    return {Code::cancelled, "a newer stream of this agent took its place"};
}

std::string problem_of(const Session& session) {
    const v1::Hello& hello = session.hello;
    if (!hello.executor_problem().empty()) return hello.executor_problem();
    if (!hello.executor_connected()) return "the executor is not connected";
    // A token would be bound to a key that the executor has no more, or none of us knows yet.
    if (!hello.record_kid().empty() && hello.record_kid() != session.agent.record_key.id().str())
        return "the record that changes its record key has not arrived yet";
    return {};
}

// Nothing that the record key did not sign: whoever holds the network face would read what is sealed to it.
std::optional<crypto::SealingPublic> sealing_key_of(const Session& session, const ClusterId& cluster) {
    const auto key = crypto::SealingPublic::from_bytes(as_bytes(session.hello.sealing_public()));
    const auto proof = crypto::signature_from_bytes(as_bytes(session.hello.sealing_proof()));
    if (!key || !proof) return {};
    const std::string said = secret::announcement(cluster, session.agent.agent_id, *key);
    if (!session.agent.record_key.verify(as_bytes(said), *proof)) return {};
    return *key;
}

}  // namespace

Sessions::Sessions(SessionSettings settings, FleetStore& store, ledger::Ledger& ledger,
                   const TrustSource& trust, async::Strand& strand, const Clock& clock, telemetry::Logger log)
    : settings_(std::move(settings)),
      store_(store),
      ledger_(ledger),
      trust_(trust),
      strand_(strand),
      clock_(clock),
      log_(std::move(log)) {
    ledger_.on_checkpoint([this, alive = std::weak_ptr<bool>(alive_)](const ledger::SignedCheckpoint&) {
        if (alive.expired()) return;
        for (auto& [id, session] : sessions_) {
            send_receipts(session);
            show_checkpoint(session);
        }
    });
    schedule_sweep();
}

Sessions::~Sessions() {
    strand_.cancel(sweep_timer_);
}

void Sessions::connect(RecordSink& sink, dispatch::AgentEvents& events) {
    sink_ = &sink;
    events_ = &events;
}

void Sessions::opened(const AgentId& id, std::shared_ptr<SessionLink> link) {
    auto agent = store_.agent(id);
    if (!agent) {
        log_.error("cannot look up an agent", {{"agent", id}, {"error", agent.error()}});
        link->close(Error(Code::unavailable, "the controller cannot read its store", "Try again later"));
        return;
    }
    if (!*agent) {
        link->close(Error(Code::unauthenticated, fmt::format("no agent {} is enrolled here", id.str()),
                          "Enrol this host again"));
        return;
    }
    if ((*agent)->state == AgentState::banned) {
        log_.warning("a banned agent tried to connect", {{"agent", id}, {"host", (*agent)->host}});
        link->close(Error(Code::permission_denied, fmt::format("agent {} is banned", id.str()),
                          "Enrol this host again if it may come back"));
        return;
    }
    if (const auto older = arriving_.find(id); older != arriving_.end()) {
        older->second.link->close(replaced());
        arriving_.erase(older);
    }
    const Instant now = clock_.now();
    arriving_.emplace(id, Session{**agent, std::move(link), now, now, {}, false, 0, 0, 0, {}, {}});
}

Session* Sessions::find(const AgentId& id, const SessionLink* link) {
    for (auto* streams : {&sessions_, &arriving_, &leaving_}) {
        const auto found = streams->find(id);
        if (found != streams->end() && found->second.link.get() == link) return &found->second;
    }
    return nullptr;
}

Session* Sessions::take_over(const AgentId& id) {
    auto node = arriving_.extract(id);
    Session& fresh = node.mapped();
    auto tail = ledger_.agent_tail(id);
    if (!tail) {
        log_.error("cannot read the ledger", {{"agent", id}, {"error", tail.error()}});
        fresh.link->close(
            Error(Code::unavailable, "the controller cannot read its ledger", "Try again later"));
        return nullptr;
    }
    if (const auto older = sessions_.find(id); older != sessions_.end()) {
        if (const auto oldest = leaving_.find(id); oldest != leaving_.end()) {
            oldest->second.link->close(replaced());
            leaving_.erase(oldest);
        }
        v1::ControllerMessage goodbye;
        goodbye.mutable_goodbye()->set_reason("a newer stream of this agent took its place");
        older->second.link->send(std::move(goodbye));
        fresh.artifacts = older->second.artifacts;
        older->second.opened = clock_.now();  // since when it leaves
        auto leaving = sessions_.extract(older);
        leaving_.insert(std::move(leaving));
    }
    v1::ControllerMessage message;
    v1::Welcome& welcome = *message.mutable_welcome();
    welcome.set_last_seq(*tail ? static_cast<std::uint64_t>((*tail)->seq) : 0);
    welcome.set_heartbeat_s(static_cast<std::uint32_t>(settings_.heartbeat.count()));
    welcome.set_controller_version(settings_.version);
    fresh.link->send(std::move(message));
    log_.info("agent is connected", {{"agent", id}, {"host", fresh.agent.host}});
    return &sessions_.insert(std::move(node)).position->second;
}

void Sessions::received(const AgentId& id, const SessionLink* link, v1::AgentMessage message) {
    Session* session = find(id, link);
    if (session == nullptr) return;
    session->last_heard = clock_.now();
    const auto arriving = arriving_.find(id);
    if (arriving != arriving_.end() && &arriving->second == session) {
        if (message.kind_case() != v1::AgentMessage::kHello) {
            end(*session,
                Error(Code::invalid_argument, "the first message of a stream is hello", "Update the agent"));
            return;
        }
        session = take_over(id);
        if (session == nullptr) return;
    }
    switch (message.kind_case()) {
        case v1::AgentMessage::kHello:
            // On a stream that leaves it says nothing new.
            if (sessions_.contains(id) && &sessions_.at(id) == session)
                on_hello(*session, std::move(*message.mutable_hello()));
            break;
        case v1::AgentMessage::kRecords:
            on_records(*session, std::move(*message.mutable_records()));
            break;
        case v1::AgentMessage::kExecuteResult:
            announce(id, [id, answer = from_message(message.execute_result())](
                             dispatch::AgentEvents& events) { events.execute_answered(id, answer); });
            break;
        case v1::AgentMessage::kQueryResult:
            announce(id, [id, answer = from_message(message.query_result())](dispatch::AgentEvents& events) {
                events.query_answered(id, answer);
            });
            break;
        case v1::AgentMessage::kHeartbeat:
            send_receipts(*session);
            break;
        case v1::AgentMessage::KIND_NOT_SET:
            break;  // a newer agent's message: it still reports, and we do not guess
    }
}

void Sessions::closed(const AgentId& id, const SessionLink* link) {
    Session* session = find(id, link);
    if (session == nullptr) return;
    for (auto* streams : {&arriving_, &leaving_}) {
        const auto found = streams->find(id);
        if (found == streams->end() || &found->second != session) continue;
        streams->erase(found);
        return;
    }
    Seen last = seen(id);
    last.presence = Presence::offline;
    last_.insert_or_assign(id, last);
    log_.info("agent went away", {{"agent", id}, {"host", session->agent.host}});
    sessions_.erase(id);
    announce(id, [id](dispatch::AgentEvents& events) { events.agent_gone(id, "its connection ended"); });
}

void Sessions::on_hello(Session& session, v1::Hello hello) {
    const AgentId id = session.agent.agent_id;
    session.hello = std::move(hello);
    session.pinned_size = session.hello.pinned_size();
    const auto acked = session.hello.oldest_seq() > 0 ? session.hello.oldest_seq() - 1 : 0;
    session.receipts_to = static_cast<std::int64_t>(acked);
    session.owed = session.hello.next_seq() > session.hello.oldest_seq();
    watch_for_twin(session);
    push_trust(session);
    push_withdrawals(session);
    // Also when it was quarantined just now.
    announce_readiness(session);
    send_receipts(session);
}

void Sessions::announce_readiness(const Session& session) {
    const AgentId id = session.agent.agent_id;
    const std::string problem =
        session.agent.state == AgentState::active ? problem_of(session) : "it is quarantined";
    announce(id, [id, problem](dispatch::AgentEvents& events) {
        if (problem.empty()) {
            events.agent_ready(id);
        } else {
            events.agent_gone(id, problem);
        }
    });
}

// What the host signs and what tokens are bound to changes at once, on each of its streams.
void Sessions::on_rotated(const AgentInfo& agent) {
    log_.info("a host changed its record key",
              {{"agent", agent.agent_id}, {"host", agent.host}, {"key", agent.record_key.id().str()}});
    for (auto* streams : {&arriving_, &leaving_, &sessions_}) {
        const auto found = streams->find(agent.agent_id);
        if (found == streams->end()) continue;
        AgentInfo& known = found->second.agent;
        known.record_key = agent.record_key;
        known.former_keys = agent.former_keys;
        known.record_key_since = agent.record_key_since;
    }
    if (const auto found = sessions_.find(agent.agent_id); found != sessions_.end())
        announce_readiness(found->second);
}

void Sessions::on_records(Session& session, v1::Records records) {
    const AgentId id = session.agent.agent_id;
    auto judged = judge(settings_.cluster, session.agent, from_message(std::move(records)), ledger_);
    if (!judged) {
        log_.error("cannot judge records", {{"agent", id}, {"error", judged.error()}});
        end(session, Error(Code::unavailable, "the controller cannot take records now", "Try again later"));
        return;
    }
    if (!judged->fresh.empty()) {
        if (const Status taken = sink_->accept(id, std::move(judged->fresh)); !taken) {
            log_.error("cannot store records", {{"agent", id}, {"error", taken.error()}});
            end(session,
                Error(Code::unavailable, "the controller cannot store records now", "Try again later"));
            return;
        }
        ledger_.appended();
        if (judged->rotated) on_rotated(*judged->rotated);
        if (const auto present = sessions_.find(id); present != sessions_.end()) present->second.owed = true;
    }
    if (judged->alarm != Alarm::none) {
        on_alarm(session, *judged);
        return;
    }
    if (judged->had_known) owe_receipts(id);
    if (judged->wanted_after) {
        v1::ControllerMessage message;
        message.mutable_records_wanted()->set_after_seq(static_cast<std::uint64_t>(*judged->wanted_after));
        session.link->send(std::move(message));
    }
}

void Sessions::push_trust(Session& session) {
    if (!session.hello.executor_connected()) return;
    const auto held = static_cast<std::int64_t>(session.hello.trust_version());
    const std::int64_t current = trust_.current_version();
    std::int64_t next = std::max(held, session.trust_pushed) + 1;
    for (int sent = 0; next <= current && sent < kTrustVersionsAtOnce; ++next, ++sent) {
        auto text = trust_.text(next);
        if (!text) {
            log_.error("cannot read a trust file", {{"version", next}, {"error", text.error()}});
            return;
        }
        v1::ControllerMessage message;
        message.mutable_trust_update()->set_trust(*std::move(text));
        if (!session.link->send(std::move(message))) return;
        session.trust_pushed = next;
    }
}

void Sessions::push_withdrawals(Session& session) {
    if (!withdrawals_ || !session.hello.executor_connected()) return;
    for (std::string& envelope : withdrawals_(session.agent.environment)) {
        v1::ControllerMessage message;
        message.mutable_withdrawal()->set_withdrawal(std::move(envelope));
        if (!session.link->send(std::move(message))) return;
    }
}

void Sessions::withdrawn(const std::string& environment, const std::string& envelope) {
    for (auto& [id, session] : sessions_) {
        if (session.agent.environment != environment) continue;
        v1::ControllerMessage message;
        message.mutable_withdrawal()->set_withdrawal(envelope);
        session.link->send(std::move(message));
    }
}

std::optional<dispatch::AgentView> Sessions::info(const AgentId& id) const {
    dispatch::AgentView view;
    const auto fill = [&view](const AgentInfo& agent) {
        view.host = agent.host;
        view.environment = agent.environment;
        view.state = to_string(agent.state);
        view.record_kid = agent.record_key.id();
    };
    if (const auto found = sessions_.find(id); found != sessions_.end()) {
        const Session& session = found->second;
        fill(session.agent);
        view.online = true;
        view.problem = problem_of(session);
        view.nonce = session.hello.nonce();
        view.trust_version = static_cast<std::int64_t>(session.hello.trust_version());
        view.sealing_key = sealing_key_of(session, settings_.cluster);
        return view;
    }
    const auto agent = store_.agent(id);
    if (!agent || !*agent) return {};
    fill(**agent);
    view.problem = "it is not connected";
    return view;
}

Status Sessions::execute(const AgentId& id, const dispatch::ExecuteOrder& order) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) {
        return Error(Code::unavailable, fmt::format("agent {} is not connected", id.str()),
                     "Start signalbox-agent on its host");
    }
    Session& session = found->second;
    if (session.agent.state != AgentState::active) {
        return Error(Code::failed_precondition,
                     fmt::format("agent {} is {}", id.str(), to_string(session.agent.state)),
                     "Find out why, then activate it with `signalbox agents activate`");
    }
    for (const dispatch::ArtifactRef& artifact : order.artifacts) {
        if (session.artifacts.size() >= kArtifactsRemembered) session.artifacts.pop_front();
        session.artifacts.push_back(artifact.sha256);
    }
    if (session.link->send(to_message(order))) return {};
    return Error(Code::unavailable, fmt::format("the stream of agent {} is full or closing", id.str()),
                 "It is tried again when the agent is back");
}

Status Sessions::query(const AgentId& id, const dispatch::QueryOrder& order) {
    const auto found = sessions_.find(id);
    if (found != sessions_.end() && found->second.link->send(to_message(order))) {
        return {};
    }
    return Error(Code::unavailable, fmt::format("agent {} is not connected", id.str()),
                 "Start signalbox-agent on its host");
}

Seen Sessions::seen(const AgentId& id) const {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) {
        const auto before = last_.find(id);
        return before == last_.end() ? Seen{} : before->second;
    }
    const Session& session = found->second;
    Seen out;
    const auto silent = clock_.now() - session.last_heard;
    out.presence = silent <= settings_.heartbeat * kSilentHeartbeats / 2 ? Presence::online : Presence::stale;
    out.last_heard = session.last_heard;
    out.agent_version = session.hello.agent_version();
    out.trust_version = static_cast<std::int64_t>(session.hello.trust_version());
    out.problem = problem_of(session);
    return out;
}

void Sessions::end(Session& session, const Error& why) {
    const std::shared_ptr<SessionLink> link = session.link;
    const AgentId id = session.agent.agent_id;
    closed(id, link.get());  // nothing of it is handled any more, whatever still arrives
    link->close(why);
}

void Sessions::trust_published() {
    for (auto& [id, session] : sessions_) push_trust(session);
}

Sessions::FetchPass Sessions::may_fetch(const AgentId& id, const crypto::Digest& sha256) {
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return nullptr;
    const auto& named = found->second.artifacts;
    if (std::find(named.begin(), named.end(), sha256) == named.end()) return nullptr;
    auto& pass = passes_[id];
    if (pass == nullptr) pass = std::make_shared<std::atomic<bool>>(true);
    return pass;
}

void Sessions::close_all(const std::string& why) {
    for (auto* streams : {&arriving_, &leaving_, &sessions_}) {
        while (!streams->empty()) {
            Session& session = streams->begin()->second;
            v1::ControllerMessage goodbye;
            goodbye.mutable_goodbye()->set_reason(why);
            session.link->send(std::move(goodbye));
            end(session, Error(Code::unavailable, why, "Connect again"));
        }
    }
}

void Sessions::schedule_sweep() {
    sweep_timer_ =
        strand_.post_at(clock_.now() + std::chrono::seconds(5), [this, alive = std::weak_ptr<bool>(alive_)] {
            if (!alive.expired()) sweep();
        });
}

void Sessions::sweep() {
    const Instant now = clock_.now();
    std::vector<std::pair<Session*, std::string>> ending;
    for (auto& [id, session] : arriving_) {
        if (now - session.opened > settings_.hello_within)
            ending.emplace_back(&session, "it did not say hello in time");
    }
    for (auto& [id, session] : leaving_) {
        if (now - session.opened > settings_.leave_within)
            ending.emplace_back(&session, "another stream took its place");
    }
    for (auto& [id, session] : sessions_) {
        if (now - session.last_heard > settings_.heartbeat * kSilentHeartbeats)
            ending.emplace_back(&session, "it has been silent for too long");
    }
    for (const auto& [session, why] : ending)
        end(*session, Error(Code::deadline_exceeded, why, "Connect again"));
    schedule_sweep();
}

void Sessions::announce(const AgentId&, std::function<void(dispatch::AgentEvents&)> what) {
    strand_.post([this, alive = std::weak_ptr<bool>(alive_), what = std::move(what)] {
        if (!alive.expired() && events_ != nullptr) what(*events_);
    });
}

}  // namespace signalbox::fleet
