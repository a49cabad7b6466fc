// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/join_tokens.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"

namespace signalbox::fleet {
namespace {

constexpr std::size_t kMaxLabels = 32;
constexpr std::size_t kMaxLabelValue = 256;

bool made_of(std::string_view text, std::string_view extra, std::size_t longest) {
    const auto allowed = [extra](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || extra.find(c) != std::string_view::npos;
    };
    return text.size() <= longest && std::all_of(text.begin(), text.end(), allowed);
}

Status check_name(std::string_view what, std::string_view value, bool may_be_empty) {
    constexpr std::size_t kLongest = 63;
    if ((may_be_empty || !value.empty()) && made_of(value, "-._", kLongest)) return {};
    return Error(Code::invalid_argument, fmt::format("'{}' is not a name for a {}", value, what),
                 "Use 1 to 63 of a-z 0-9 - . _");
}

// Using a token bans the host's identity for good, so that must be meant.
Status check_not_enrolled(const JoinRequest& request, FleetStore& store) {
    if (request.replace) return {};
    SB_TRY(const std::vector<AgentInfo> agents, store.agents());
    for (const AgentInfo& agent : agents) {
        if (agent.host != request.host || agent.environment != request.environment ||
            agent.state == AgentState::banned) {
            continue;
        }
        return Error(Code::already_exists,
                     fmt::format("host '{}' is enrolled in {} as {} ({}): enrolling again bans that identity "
                                 "for good",
                                 agent.host, agent.environment, agent.agent_id.str(), to_string(agent.state)),
                     "If the host is to be enrolled anew, say --replace");
    }
    return {};
}

}  // namespace

Status check_join_request(const JoinRequest& request) {
    SB_CHECK(check_name("environment", request.environment, false));
    SB_CHECK(check_name("host", request.host, false));
    SB_CHECK(check_name("site", request.site, true));
    if (request.labels.size() > kMaxLabels) {
        return Error(Code::invalid_argument, fmt::format("{} labels are too many", request.labels.size()),
                     "Give at most 32");
    }
    for (const auto& [key, value] : request.labels) {
        SB_CHECK(check_name("label", key, false));
        const bool printable = std::all_of(value.begin(), value.end(), [](char c) {
            return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
        });
        if (value.size() > kMaxLabelValue || !printable) {
            return Error(Code::invalid_argument, fmt::format("the value of label '{}' is not allowed", key),
                         "Use at most 256 bytes without control characters");
        }
    }
    if (request.ttl < std::chrono::seconds(1) || request.ttl > kMaxJoinTtl) {
        return Error(Code::invalid_argument, "a join token lives from 1 second to 7 days",
                     "Choose a --ttl such as 10m");
    }
    return {};
}

Result<NewJoinToken> create_join_token(const JoinRequest& request, const ControllerAddress& address,
                                       FleetStore& store, ledger::Ledger& ledger, const TrustSource& trust,
                                       crypto::Random& random, Instant now) {
    SB_CHECK(check_join_request(request));
    SB_CHECK(check_not_enrolled(request, store));
    const std::int64_t version = trust.current_version();
    if (version < 1) {
        return Error(Code::failed_precondition,
                     "no trust file is published, so a host would have none to pin",
                     "Publish one with `signalbox trust publish`");
    }
    SB_TRY(const std::string trust_text, trust.text(version));

    NewJoinToken made;
    made.expires = now + request.ttl;
    made.line.address = address.address;
    made.line.ca_der = address.ca_der;
    made.line.cluster = address.cluster;
    made.line.environment = request.environment;
    made.line.host = request.host;
    made.line.id = crypto::to_hex(random.bytes(8));
    made.line.secret = crypto::SecretBytes(join::kSecretBytes);
    random.fill(made.line.secret.expose_mutable());
    made.line.trust_sha256 = crypto::sha256(trust_text);

    JoinToken token;
    token.id = made.line.id;
    token.secret_sha256 = crypto::sha256(made.line.secret.expose());
    token.environment = request.environment;
    token.host = request.host;
    token.site = request.site;
    token.labels = request.labels;
    token.created = now;
    token.expires = made.expires;
    token.created_by = request.by;
    token.trust_version = version;
    json::Json data = {
        {"join_id", token.id},    {"environment", token.environment}, {"host", token.host},
        {"site", token.site},     {"labels", token.labels},           {"expires", to_rfc3339(token.expires)},
        {"by", token.created_by}, {"replace", request.replace},
    };
    SB_CHECK(
        store.add_join_token(token, ledger.sealer().decision("join_token_created", std::move(data), now)));
    ledger.appended();
    return made;
}

}  // namespace signalbox::fleet
