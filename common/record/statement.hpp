// SPDX-License-Identifier: Apache-2.0
// The in-toto Statement v1 around a predicate (github.com/in-toto/attestation, spec/v1/statement.md): one
// subject with one SHA-256. Private to common/record. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/keys.hpp"
#include "common/json/json.hpp"

namespace signalbox::record {

inline constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";
inline constexpr std::string_view kPayloadType = "application/vnd.in-toto+json";

struct Statement {
    std::string subject;
    crypto::Digest digest;
    std::string predicate_type;
    json::Json predicate;  // an object
};

[[nodiscard]] std::string serialize(const Statement& statement);
// Errors: invalid_argument, resource_exhausted.
[[nodiscard]] Result<Statement> parse_statement(std::string_view payload, std::size_t max_bytes);

// DSSE text with one signature over the payload.
[[nodiscard]] std::string seal_payload(std::string payload, const crypto::SigningKey& key);

}  // namespace signalbox::record
