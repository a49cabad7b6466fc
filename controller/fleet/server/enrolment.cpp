// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/enrolment.hpp"

#include <fmt/format.h>

#include "common/crypto/encoding.hpp"
#include "common/join/join_line.hpp"

namespace signalbox::fleet {
namespace {

// One text for every way in which a token does not count: an answer must not tell which it was.
Error no_such_token() {
    return Error(Code::unauthenticated, "the join token cannot be used",
                 "Create a new one with `signalbox enrol-token create` and use it once, before it expires");
}

json::Json enrolled_data(const AgentInfo& agent, const std::string& join_id) {
    return {{"agent_id", agent.agent_id.str()},
            {"host", agent.host},
            {"environment", agent.environment},
            {"site", agent.site},
            {"labels", agent.labels},
            {"record_key", agent.record_key.paserk()},
            {"record_kid", agent.record_key.id().str()},
            {"join_id", join_id}};
}

// The key must be a good point, and whoever asks must hold it.
Result<crypto::PublicKey> proven_key(const ClusterId& cluster, const EnrolmentRequest& request) {
    auto key = crypto::PublicKey::from_paserk(request.record_public);
    if (!key) return std::move(key).error().with_context("the record key");
    auto signature = crypto::signature_from_bytes(request.record_proof);
    if (!signature) return std::move(signature).error().with_context("the record key's proof");
    const std::string message =
        join::proof_message(cluster, request.join_id, crypto::sha256(request.csr_der), key->id().str());
    if (!key->verify(as_bytes(message), *signature)) {
        return Error(Code::invalid_argument, "the record key did not sign this certificate request",
                     "Run `signalbox-agent enrol` against this host's own executor");
    }
    return key;
}

}  // namespace

Enroller::Enroller(ClusterId cluster, FleetStore& store, ledger::Ledger& ledger, const TrustSource& trust,
                   const AgentCa& ca, crypto::Random& random, telemetry::Logger log)
    : cluster_(std::move(cluster)),
      store_(store),
      ledger_(ledger),
      trust_(trust),
      ca_(ca),
      random_(random),
      log_(std::move(log)) {}

Result<Enrolled> Enroller::enrol(const EnrolmentRequest& request, Instant now) {
    if (lockout_.locked(request.peer, now)) {
        return Error(Code::resource_exhausted, "too many enrolments from this address failed",
                     "Wait 15 minutes, then use a new join token");
    }
    auto enrolled = try_enrol(request, now);
    if (!enrolled && lockout_.failed(request.peer, now)) {
        log_.warning("locked out of enrolment after repeated failures", {{"peer", request.peer}});
    }
    return enrolled;
}

Result<Enrolled> Enroller::try_enrol(const EnrolmentRequest& request, Instant now) {
    // Everything that does not depend on the token comes first, so that it costs the same for each.
    SB_TRY(const crypto::PublicKey record_key, proven_key(cluster_, request));
    SB_TRY(const auto token, store_.join_token(request.join_id));
    const auto secret = crypto::from_base64url(request.join_secret);
    const crypto::Digest given = crypto::sha256(secret ? ByteView(*secret) : ByteView());
    const crypto::Digest held = token ? token->secret_sha256 : crypto::Digest{};
    const bool same = crypto::constant_time_equal(given.view(), held.view());

    AgentInfo agent{AgentId(random_.uuid()), {}, {}, {}, {}, AgentState::active, {}, record_key, now};
    SB_TRY(AgentLeaf leaf, ca_.issue(agent.agent_id, request.csr_der, now));
    if (!token || !secret || !same || token->used || token->expires <= now) return no_such_token();

    agent.host = token->host;
    agent.environment = token->environment;
    agent.site = token->site;
    agent.labels = token->labels;
    SB_TRY(const std::vector<AgentInfo> known, store_.agents());
    SB_CHECK(check_key_is_new(agent, request, known));
    Enrolled out;
    SB_TRY(out.trust, trust_.text(token->trust_version));
    SB_TRY(std::vector<StateChange> replaced, bans_for(agent, *token, known, now));
    for (const StateChange& change : replaced) out.replaced.push_back(change.agent_id);

    auto entry = ledger_.sealer().decision("agent_enrolled", enrolled_data(agent, token->id), now);
    const Status done = store_.enrol({token->id, given, agent, std::move(entry), std::move(replaced), now});
    // Somebody else may have used the token since it was read: the store's one update decides.
    if (!done) return done.error().code() == Code::unauthenticated ? no_such_token() : done.error();
    ledger_.appended();
    SB_CHECK(store_.add_certificate(leaf.issued));
    log_.info("host enrolled",
              {{"host", agent.host}, {"environment", agent.environment}, {"agent", agent.agent_id}});
    out.agent_id = agent.agent_id;
    out.certificate_pem = std::move(leaf.pem);
    return out;
}

// A record key is made on its host and never leaves it, so a second agent with it is a copy. Only an
// enrolment that was cut short before its first record comes again with the same key, from the same host.
Status Enroller::check_key_is_new(const AgentInfo& agent, const EnrolmentRequest& request,
                                  const std::vector<AgentInfo>& known) {
    for (const AgentInfo& other : known) {
        if (!other.ever_had(agent.record_key)) continue;
        SB_TRY(const auto tail, ledger_.agent_tail(other.agent_id));
        if (!tail && other.host == agent.host && other.environment == agent.environment) continue;
        const std::string why =
            fmt::format("host '{}' of {} enrols with its record key: one is a copy of the other", agent.host,
                        agent.environment);
        log_.error("ALARM: a copied host", {{"agent", other.agent_id}, {"problem", why}});
        // Whoever has these three and the agent's public key sees that its holder asked for another identity.
        const json::Json proof = {{"join_id", request.join_id},
                                  {"csr_sha256", crypto::sha256(request.csr_der).hex()},
                                  {"record_proof", crypto::to_base64(request.record_proof)}};
        // Once: whoever tries again must not fill the ledger.
        if (on_copied_ && other.state == AgentState::active) on_copied_(other.agent_id, why, proof);
        return Error(Code::failed_precondition, "this host's record key is another agent's",
                     "Remove this host's agent and executor state, and run `signalbox-executor init` again: "
                     "each host makes a key of its own");
    }
    return {};
}

Result<std::vector<StateChange>> Enroller::bans_for(const AgentInfo& agent, const JoinToken& token,
                                                    const std::vector<AgentInfo>& known, Instant now) {
    std::vector<StateChange> bans;
    for (const AgentInfo& other : known) {
        if (other.host != agent.host || other.environment != agent.environment ||
            other.state == AgentState::banned) {
            continue;
        }
        // Whoever made the token could not have meant to replace what came after it.
        if (other.enrolled > token.created) {
            return Error(Code::failed_precondition,
                         fmt::format("host '{}' was enrolled after this join token was made", other.host),
                         "To enrol it anew: signalbox enrol-token create --replace");
        }
        const std::string reason = fmt::format("its host enrolled again as {}", agent.agent_id.str());
        json::Json data = {{"agent_id", other.agent_id.str()}, {"by", "enrolment"}, {"reason", reason}};
        bans.push_back({other.agent_id, AgentState::banned, reason,
                        ledger_.sealer().decision("agent_banned", std::move(data), now)});
    }
    return bans;
}

}  // namespace signalbox::fleet
