// SPDX-License-Identifier: Apache-2.0
// Deployment tokens. A text opens in one way only, and verifies only when it is the one that was signed.
#include "common/token/token.hpp"

#include "common/token/claims.hpp"
#include "common/token/paseto.hpp"
#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

struct Golden {
    std::string text = vector_text("token.txt");
    crypto::PublicKey key = fakes::TrustFixture{}.token.public_key();
    token::Claims claims = token::parse_claims(token::open(text).value().message).value();
    token::Binding binding{claims.iss, claims.aud, claims.akp, claims.nce};
};

void claims_read_back(std::string_view text) {
    const auto claims = token::parse_claims(text);
    if (!claims) return;
    const auto again = token::parse_claims(token::serialize(*claims));
    require(again && *again == *claims, "claims that parse are written and read back the same");
}

}  // namespace

void one(std::string_view input) {
    static const Golden golden;
    const std::string_view text = text_of(input);
    claims_read_back(text);
    const auto parts = token::paseto::split(text);
    if (parts) require(token::paseto::join(*parts) == text, "a token has one text only");
    const auto opened = token::open(text);
    if (!opened) return;
    require(parts.ok(), "what opens is a PASETO");
    claims_read_back(opened->message);
    if (token::verify_signature(*opened, golden.key, golden.binding)) {
        require(text == golden.text, "no other token verifies than the one that was signed");
    }
}

}  // namespace signalbox::fuzz
