// SPDX-License-Identifier: Apache-2.0
// The in-toto Statement v1 around everything that people sign about releases: exactly one subject, one
// predicate. Pure. Source of the format: https://github.com/in-toto/attestation, spec/v1.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "common/dsse/dsse.hpp"
#include "common/json/json.hpp"

namespace signalbox::trust {

inline constexpr std::string_view kInTotoPayloadType = "application/vnd.in-toto+json";

struct Statement {
    std::string subject_name;
    crypto::Digest subject;
    json::Json predicate;  // read it with the path "$.predicate"
};

// The envelope around one; what it holds and who signed it is still to be read. Errors: those of dsse::parse,
// invalid_argument (another payload type), each beginning with `what`.
[[nodiscard]] Result<dsse::Envelope> open_envelope(std::string_view dsse_text, std::size_t max_bytes,
                                                   std::string_view what);
// Canonical bytes.
[[nodiscard]] std::string serialize_statement(std::string_view predicate_type, std::string_view subject_name,
                                              const crypto::Digest& subject, json::Json predicate);
// Strict. Errors: invalid_argument (also another predicate type), resource_exhausted.
[[nodiscard]] Result<Statement> parse_statement(std::string_view payload, std::string_view predicate_type,
                                                const json::Limits& limits);

}  // namespace signalbox::trust
