// SPDX-License-Identifier: Apache-2.0
// Deployment tokens: PASETO v4.public (github.com/paseto-standard/paseto-spec) for one attempt of one step on
// one host. Pure. Format: docs/formats/token.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/keys.hpp"
#include "common/model/ids.hpp"

namespace signalbox::token {

inline constexpr std::size_t kMaxTokenBytes = 8 * 1024;

struct Claims {
    ClusterId iss;
    AgentId aud;
    Instant iat{}, nbf{}, exp{};  // whole seconds
    std::string jti;              // 128 random bits, hex
    crypto::KeyId akp;            // the agent's record key
    std::string nce;              // the executor's nonce, base64url
    std::string act;              // action kind
    crypto::Digest adg;           // of the exact action bytes
    std::vector<crypto::Digest> art;
    crypto::Digest apr;  // of the approval's payload
    StepId stp;
    std::int64_t att = 1;
    Instant window_nbf{}, window_exp{};
    std::int64_t rc = 0;  // release counter
    std::int64_t tv = 1;  // minimum trust version

    friend bool operator==(const Claims&, const Claims&) = default;
};

// What a token is bound to beside its claims (PASETO's implicit assertion): presented elsewhere, the
// signature fails.
struct Binding {
    ClusterId cluster;
    AgentId agent;
    crypto::KeyId record_key;
    std::string nonce;
    [[nodiscard]] std::string implicit_assertion() const;
};

// "v4.public.…"; binding must agree with the claims' iss, aud, akp, nce.
[[nodiscard]] std::string sign(const Claims& claims, const crypto::SigningKey& key);

// The steps of verification, apart, because the executor gives each failure its own number.
struct Unverified {
    std::string message;  // payload text
    crypto::Signature signature{};
    std::string footer;  // exact bytes
    crypto::KeyId kid;
};
// Size, header, strict base64url, footer {"kid"} only. Errors: resource_exhausted (R_SIZE), invalid_argument
// (R_FORMAT), unauthenticated (R_KID: the footer names no key id, or holds more than one).
[[nodiscard]] Result<Unverified> open(std::string_view text);
[[nodiscard]] bool verify_signature(const Unverified& token, const crypto::PublicKey& key,
                                    const Binding& binding);
// Strict JSON, all claims present, no other. Errors: invalid_argument, resource_exhausted (both R_PARSE).
[[nodiscard]] Result<Claims> parse_claims(std::string_view message);

// Plain PASETO v4.public, for the official vectors. Errors: invalid_argument, refused.
[[nodiscard]] std::string paseto_sign(std::string_view message, const crypto::SigningKey& key,
                                      std::string_view footer, std::string_view implicit);
[[nodiscard]] Result<std::string> paseto_verify(std::string_view text, const crypto::PublicKey& key,
                                                std::string_view footer, std::string_view implicit);

}  // namespace signalbox::token
