// SPDX-License-Identifier: Apache-2.0
// The in-toto Statement v1 around everything that people sign about releases: exactly one subject, one
// predicate. Pure. Source of the format: https://github.com/in-toto/attestation, spec/v1.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/json/json.hpp"

namespace signalbox::trust {

struct Statement {
    std::string subject_name;
    crypto::Digest subject;
    json::Json predicate;  // read it with the path "$.predicate"
};

// Canonical bytes.
[[nodiscard]] std::string serialize_statement(std::string_view predicate_type, std::string_view subject_name,
                                              const crypto::Digest& subject, json::Json predicate);
// Strict. Errors: invalid_argument (also another predicate type), resource_exhausted.
[[nodiscard]] Result<Statement> parse_statement(std::string_view payload, std::string_view predicate_type,
                                                const json::Limits& limits);

}  // namespace signalbox::trust
