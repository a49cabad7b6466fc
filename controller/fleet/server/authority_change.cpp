// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/authority_change.hpp"

#include <fmt/format.h>

namespace signalbox::fleet {
namespace {

constexpr std::size_t kNamed = 20;  // hosts in an error text
constexpr std::size_t kMaxReasonBytes = 500;

v1::CertificateAuthority to_message(const pki::Authority& authority) {
    v1::CertificateAuthority out;
    out.set_sha256(authority.fingerprint());
    out.set_not_before(to_rfc3339(authority.not_before()));
    out.set_not_after(to_rfc3339(authority.not_after()));
    out.set_pem(authority.certificate_pem());
    return out;
}

}  // namespace

AuthorityChange::AuthorityChange(Parts parts) : parts_(std::move(parts)) {
    schedule();
}

AuthorityChange::~AuthorityChange() {
    parts_.strand.cancel(timer_);
}

Result<std::vector<AuthorityChange::Left>> AuthorityChange::left() {
    std::vector<Left> out;
    const pki::Authority* next = parts_.authorities.next();
    if (next == nullptr) return out;
    SB_TRY(std::vector<AgentInfo> agents, parts_.store.agents());
    for (AgentInfo& agent : agents) {
        if (agent.state == AgentState::banned || moved_.contains(agent.agent_id)) continue;
        SB_TRY(const auto held, parts_.store.certificate_of(agent.agent_id));
        if (held && held->issuer == next->fingerprint()) {
            moved_.insert(agent.agent_id);
            continue;
        }
        out.push_back({std::move(agent), held ? held->not_after : Instant{}});
    }
    return out;
}

Result<v1::ShowAuthorityResponse> AuthorityChange::describe() {
    v1::ShowAuthorityResponse out;
    *out.mutable_present() = to_message(parts_.authorities.present());
    if (const auto* next = parts_.authorities.next()) *out.mutable_next() = to_message(*next);
    SB_TRY(const std::vector<AgentInfo> agents, parts_.store.agents());
    std::uint32_t hosts = 0;
    for (const AgentInfo& agent : agents) hosts += agent.state == AgentState::banned ? 0U : 1U;
    out.set_hosts(hosts);
    SB_TRY(const auto remaining, left());
    for (const Left& each : remaining) {
        v1::HostOnAuthority& host = *out.add_left();
        host.set_agent_id(each.agent.agent_id.str());
        host.set_host(each.agent.host);
        host.set_environment(each.agent.environment);
        host.set_presence(std::string(to_string(parts_.sessions.seen(each.agent.agent_id).presence)));
        host.set_certificate_until(to_rfc3339(each.until));
    }
    return out;
}

Result<v1::ShowAuthorityResponse> AuthorityChange::show(const access::Caller&,
                                                        const v1::ShowAuthorityRequest&) {
    return describe();
}

Result<v1::ShowAuthorityResponse> AuthorityChange::prepare(const access::Caller& caller,
                                                           const v1::PrepareAuthorityRequest&) {
    SB_CHECK(parts_.authorities.prepare(parts_.clock.now()));
    const pki::Authority& next = *parts_.authorities.next();
    moved_.clear();
    asked_.clear();
    parts_.log.warning("a certificate authority was prepared",
                       {{"sha256", next.fingerprint()}, {"by", caller.name}});
    SB_CHECK(parts_.ledger.append(
        "ca_prepared",
        {{"sha256", next.fingerprint()}, {"not_after", to_rfc3339(next.not_after())}, {"by", caller.name}}));
    schedule();
    return describe();
}

Result<v1::ShowAuthorityResponse> AuthorityChange::retire(const access::Caller& caller,
                                                          const v1::RetireAuthorityRequest& request) {
    if (request.force() && (request.reason().empty() || request.reason().size() > kMaxReasonBytes)) {
        return Error(Code::invalid_argument, "to force this needs a reason of at most 500 bytes",
                     "Say why with --reason: it goes into the ledger");
    }
    SB_TRY(const auto remaining, left());
    std::string names;
    json::Json named = json::Json::array();
    for (std::size_t i = 0; i < remaining.size(); ++i) {
        named.push_back(remaining[i].agent.agent_id.str());
        if (i < kNamed) names += (i == 0 ? "" : ", ") + remaining[i].agent.host;
    }
    if (remaining.size() > kNamed) names += fmt::format(" and {} more", remaining.size() - kNamed);
    if (!remaining.empty() && !request.force()) {
        return Error(Code::failed_precondition,
                     fmt::format("{} of the hosts still hold a certificate of the old authority: {}",
                                 remaining.size(), names),
                     "Wait until they were online (`signalbox ca show`), ban what is gone for good, or say "
                     "--force: they then come back by their record keys");
    }
    const std::string old = parts_.authorities.present().fingerprint();
    const Status retired = parts_.authorities.retire();
    const std::string now = parts_.authorities.present().fingerprint();
    if (now == old) SB_CHECK(retired);
    // From here on the old one is gone: what follows from that happens, whatever cannot be written.
    parts_.log.warning("a certificate authority was retired",
                       {{"sha256", old}, {"by", caller.name}, {"left", names}});
    for (const auto& listener : listeners_) listener();
    // Whoever needs force may fear that others hold certificates of the old one, too: each stream must prove
    // itself anew, once our ports know which authority is left.
    if (request.force()) {
        parts_.strand.post_at(parts_.clock.now() + kPortsSettle, [this, alive = std::weak_ptr<bool>(alive_)] {
            if (!alive.expired()) parts_.sessions.close_all("the certificate authority was retired");
        });
    }
    SB_CHECK(parts_.ledger.append("ca_retired", {{"sha256", old},
                                                 {"next_sha256", now},
                                                 {"by", caller.name},
                                                 {"reason", request.reason()},
                                                 {"left", std::move(named)}}));
    SB_CHECK(retired);
    return describe();
}

void AuthorityChange::schedule() {
    parts_.strand.cancel(timer_);
    if (parts_.authorities.next() == nullptr) return;
    timer_ = parts_.strand.post_at(parts_.clock.now() + kSweep, [this, alive = std::weak_ptr<bool>(alive_)] {
        if (!alive.expired()) sweep();
    });
}

void AuthorityChange::sweep() {
    const pki::Authority* next = parts_.authorities.next();
    const Instant now = parts_.clock.now();
    if (next != nullptr && &parts_.authorities.issuing(now) == next) {
        const auto remaining = left();
        if (!remaining)
            parts_.log.error("cannot tell who holds which certificate", {{"error", remaining.error()}});
        std::size_t asked = 0;
        for (std::size_t i = 0; remaining && i < remaining->size() && asked < kAskedAtOnce; ++i) {
            const AgentId& id = (*remaining)[i].agent.agent_id;
            const auto before = asked_.find(id);
            if (before != asked_.end() && now - before->second < kAskAgain) continue;
            if (!parts_.sessions.ask_to_renew(id)) continue;
            asked_[id] = now;
            ++asked;
        }
    }
    schedule();
}

}  // namespace signalbox::fleet
