// SPDX-License-Identifier: Apache-2.0
#include "common/join/join_line.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"
#include "common/json/json.hpp"

namespace signalbox::join {
namespace {

constexpr std::string_view kPrefix = "sbj1.";
constexpr std::string_view kRemedy = "Copy the whole line that `signalbox enrol-token create` printed";

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_lower_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<JoinLine> from_json(const json::Json& document) {
    SB_TRY(auto reader, json::ObjectReader::open(document));
    JoinLine line;
    SB_TRY(line.address, reader.string("addr"));
    SB_TRY(const std::string ca, reader.string("ca"));
    SB_TRY(line.ca_der, crypto::from_base64(ca));
    SB_TRY(std::string cluster, reader.string("cluster"));
    line.cluster = ClusterId(std::move(cluster));
    SB_TRY(line.environment, reader.string("env"));
    SB_TRY(line.host, reader.string("host"));
    SB_TRY(line.id, reader.string("id"));
    SB_TRY(const std::string secret, reader.string("secret"));
    SB_TRY(const Bytes raw, crypto::from_base64url(secret));
    line.secret = crypto::SecretBytes(raw);
    SB_TRY(const std::string trust, reader.string("trust_sha256"));
    SB_TRY(line.trust_sha256, crypto::parse_digest(trust));
    SB_CHECK(reader.finish());
    if (line.secret.size() != kSecretBytes)
        return Error(Code::invalid_argument, "its secret is not 32 bytes");
    if (line.id.size() != 16 || !is_lower_hex(line.id)) {
        return Error(Code::invalid_argument, "its id is not 16 hex digits");
    }
    if (line.address.empty() || line.ca_der.empty() || line.cluster.empty() || line.environment.empty() ||
        line.host.empty()) {
        return Error(Code::invalid_argument, "one of its members is empty");
    }
    return line;
}

}  // namespace

std::string to_text(const JoinLine& line) {
    const json::Json document = {
        {"addr", line.address},
        {"ca", crypto::to_base64(line.ca_der)},
        {"cluster", line.cluster.str()},
        {"env", line.environment},
        {"host", line.host},
        {"id", line.id},
        {"secret", crypto::to_base64url(line.secret.expose())},
        {"trust_sha256", line.trust_sha256.hex()},
    };
    return std::string(kPrefix) + crypto::to_base64url(as_bytes(json::canonical(document)));
}

Result<JoinLine> parse(std::string_view text) {
    text = trim(text);
    if (text.size() > kMaxLineBytes) {
        return Error(Code::invalid_argument, "the join line is longer than 8 KiB", std::string(kRemedy));
    }
    if (!text.starts_with(kPrefix)) {
        return Error(Code::invalid_argument, "the join line does not begin with 'sbj1.'",
                     std::string(kRemedy));
    }
    auto decoded = crypto::from_base64url(text.substr(kPrefix.size()));
    if (!decoded) {
        // The decoder's message may quote the text, which holds a secret.
        return Error(Code::invalid_argument, "the join line is damaged: not base64url", std::string(kRemedy));
    }
    auto document = json::parse(signalbox::to_text(*decoded));
    if (!document) {
        return Error(Code::invalid_argument, "the join line is damaged: not JSON", std::string(kRemedy));
    }
    auto line = from_json(*document);
    if (!line) {
        return std::move(line)
            .error()
            .with_context("reading the join line")
            .with_remedy(std::string(kRemedy));
    }
    return line;
}

std::string proof_message(const ClusterId& cluster, std::string_view join_id,
                          const crypto::Digest& csr_sha256, std::string_view record_kid) {
    return fmt::format("signalbox/enrol/v1\n{}\n{}\n{}\n{}", cluster.str(), join_id, csr_sha256.hex(),
                       record_kid);
}

std::string return_message(const ClusterId& cluster, const AgentId& agent, std::string_view challenge,
                           const crypto::Digest& csr_sha256, std::string_view record_kid) {
    return fmt::format("signalbox/return/v1\n{}\n{}\n{}\n{}\n{}", cluster.str(), agent.str(), challenge,
                       csr_sha256.hex(), record_kid);
}

}  // namespace signalbox::join
