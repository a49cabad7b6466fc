// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/reauthentication.hpp"

#include <fmt/format.h>

#include <charconv>

#include "common/crypto/encoding.hpp"
#include "common/dsse/dsse.hpp"
#include "common/join/join_line.hpp"
#include "common/record/record.hpp"

namespace signalbox::fleet {
namespace {

constexpr std::size_t kAgentIdBytes = 36;
constexpr std::size_t kMaxChallenge = 512;
constexpr std::size_t kMaxKeyChanges = 64;

// One text for everything that does not count: an answer must not tell who is enrolled.
Error no_such_host() {
    return {Code::unauthenticated, "this host cannot be told from another",
            "Enrol it again: signalbox enrol-token create --replace"};
}

// The key that the host has by now: it may have changed it while it was away. Each change is signed by the
// key before it, from the one that we know on; the records themselves come, and are judged, once it is back.
std::optional<crypto::PublicKey> key_after(const AgentInfo& agent, const std::vector<std::string>& changes) {
    crypto::PublicKey key = agent.record_key;
    if (changes.size() > kMaxKeyChanges) return {};
    for (const std::string& change : changes) {
        const auto opened = record::open(change);
        if (!opened || opened->predicate_type != record::kActionPredicate) return {};
        // Those that we have already come first.
        if (!dsse::signed_by(opened->envelope, key)) continue;
        const auto record = record::parse_action_record(opened->envelope.payload);
        if (!record || record->agent_id != agent.agent_id) return {};
        const auto next = record::rotated_to(*record, key);
        if (!next) return {};
        key = *next;
    }
    return key;
}

}  // namespace

Reauthenticator::Reauthenticator(ClusterId cluster, FleetStore& store, ledger::Ledger& ledger,
                                 const AgentCa& ca, crypto::Random& random, telemetry::Logger log)
    : cluster_(std::move(cluster)),
      store_(store),
      ledger_(ledger),
      ca_(ca),
      random_(random),
      log_(std::move(log)) {}

// "<end, seconds>.<16 random bytes>.<signature>", over these, the cluster and the agent.
Result<std::string> Reauthenticator::challenge(const AgentId& agent, Instant now) {
    if (agent.str().size() != kAgentIdBytes)
        return Error(Code::invalid_argument, "that is not an agent's id", "Enrol this host again");
    const std::string body =
        fmt::format("{}.{}", unix_seconds(now + kGoodFor), crypto::to_base64url(random_.bytes(16)));
    const crypto::Signature signature = key_.sign_now(as_bytes(covered(agent, body)));
    return fmt::format("{}.{}", body, crypto::to_base64url(signature));
}

std::string Reauthenticator::covered(const AgentId& agent, std::string_view body) const {
    return fmt::format("signalbox/challenge/v1\n{}\n{}\n{}", cluster_.str(), agent.str(), body);
}

bool Reauthenticator::counts(const AgentId& agent, std::string_view challenge, Instant now) const {
    if (challenge.size() > kMaxChallenge) return false;
    const auto last = challenge.rfind('.');
    if (last == std::string_view::npos) return false;
    const auto raw = crypto::from_base64url(challenge.substr(last + 1));
    if (!raw) return false;
    const auto signature = crypto::signature_from_bytes(*raw);
    const std::string_view body = challenge.substr(0, last);
    if (!signature || !key_.public_key().verify(as_bytes(covered(agent, body)), *signature)) return false;
    // Ours, so it has the form that we gave it.
    std::int64_t end = 0;
    std::from_chars(body.data(), body.data() + body.size(), end);
    return now < from_unix_seconds(end);
}

Result<AgentLeaf> Reauthenticator::come_back(const ReturnRequest& request, Instant now) {
    if (lockout_.locked(request.peer, now)) {
        return Error(Code::resource_exhausted, "too many tries from this address failed",
                     "Wait 15 minutes, then try again");
    }
    auto leaf = try_come_back(request, now);
    if (!leaf && leaf.error().code() == Code::unauthenticated && lockout_.failed(request.peer, now))
        log_.warning("locked out after repeated failures to come back", {{"peer", request.peer}});
    return leaf;
}

Result<AgentLeaf> Reauthenticator::try_come_back(const ReturnRequest& request, Instant now) {
    SB_TRY(const auto agent, store_.agent(request.agent));
    const auto signature = crypto::signature_from_bytes(request.record_proof);
    if (!agent || !signature || !counts(request.agent, request.challenge, now)) return no_such_host();
    const auto key = key_after(*agent, request.key_changes);
    if (!key) return no_such_host();
    const std::string message = join::return_message(cluster_, request.agent, request.challenge,
                                                     crypto::sha256(request.csr_der), key->id().str());
    if (!key->verify(as_bytes(message), *signature)) return no_such_host();
    if (agent->state == AgentState::banned) {
        log_.warning("a banned agent tried to come back", {{"agent", request.agent}, {"host", agent->host}});
        return Error(Code::permission_denied, fmt::format("agent {} is banned", request.agent.str()),
                     "Ask whoever runs the controller to lift the ban, or enrol this host again");
    }
    SB_TRY(AgentLeaf leaf, ca_.issue(request.agent, request.csr_der, now));
    SB_CHECK(store_.add_certificate(leaf.issued));
    json::Json data = {{"agent_id", request.agent.str()},
                       {"host", agent->host},
                       {"peer", request.peer},
                       {"serial", leaf.issued.serial},
                       {"not_after", to_rfc3339(leaf.issued.not_after)}};
    SB_CHECK(ledger_.append("agent_returned", std::move(data)));
    log_.info("a host came back with its record key", {{"agent", request.agent}, {"host", agent->host}});
    return leaf;
}

}  // namespace signalbox::fleet
