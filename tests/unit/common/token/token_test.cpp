// SPDX-License-Identifier: Apache-2.0
#include "common/token/token.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "common/crypto/encoding.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::token {
namespace {

using fakes::test_key;

Claims example() {
    Claims claims;
    claims.iss = ClusterId{"demo"};
    claims.aud = AgentId{"0d5e3b1e-0000-4000-8000-000000000001"};
    claims.iat = claims.nbf = from_unix_seconds(1'800'000'000);
    claims.exp = from_unix_seconds(1'800'000'300);
    claims.jti = "000102030405060708090a0b0c0d0e0f";
    claims.akp = test_key(40).public_key().id();
    claims.nce = crypto::to_base64url(Bytes(32, 9));
    claims.act = "release.activate";
    claims.adg = crypto::sha256("action");
    claims.art = {crypto::sha256("artifact")};
    claims.apr = crypto::sha256("approval");
    claims.stp = StepId{"production/web-1/activate"};
    claims.window_nbf = from_unix_seconds(1'799'999'000);
    claims.window_exp = from_unix_seconds(1'800'009'000);
    claims.rc = 7;
    return claims;
}

Binding binding() {
    const Claims claims = example();
    return {claims.iss, claims.aud, claims.akp, claims.nce};
}

const crypto::SigningKey& key() {
    static const crypto::SigningKey signing = test_key(4);
    return signing;
}

// The example's message with one piece replaced.
Result<Claims> with(std::string_view from, std::string_view to) {
    std::string message = open(sign(example(), key())).value().message;
    const std::size_t at = message.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return parse_claims(message.replace(at, from.size(), to));
}

TEST(Token, ComesBackWithAllItsClaims) {
    const Unverified opened = open(sign(example(), key())).value();
    EXPECT_EQ(opened.kid, key().public_key().id());
    EXPECT_TRUE(verify_signature(opened, key().public_key(), binding()));
    EXPECT_EQ(parse_claims(opened.message).value(), example());
}

TEST(Token, BindsToItsHostKeyAndNonce) {
    const Unverified opened = open(sign(example(), key())).value();
    Binding other = binding();
    other.agent = AgentId{"0d5e3b1e-0000-4000-8000-000000000002"};
    EXPECT_FALSE(verify_signature(opened, key().public_key(), other)) << "another host";
    other = binding();
    other.record_key = test_key(41).public_key().id();
    EXPECT_FALSE(verify_signature(opened, key().public_key(), other)) << "another record key";
    other = binding();
    other.nonce = crypto::to_base64url(Bytes(32, 10));
    EXPECT_FALSE(verify_signature(opened, key().public_key(), other)) << "another start of the executor";
    other = binding();
    other.cluster = ClusterId{"demo2"};
    EXPECT_FALSE(verify_signature(opened, key().public_key(), other)) << "another cluster";
    EXPECT_FALSE(verify_signature(opened, test_key(5).public_key(), binding())) << "another signer";

    // The audience edited to the other host: the message is no longer what was signed.
    Unverified edited = opened;
    edited.message.replace(edited.message.find("000001\""), 6, "000002");
    other = binding();
    other.agent = AgentId{"0d5e3b1e-0000-4000-8000-000000000002"};
    EXPECT_FALSE(verify_signature(edited, key().public_key(), other));
}

// Row 6 of the attack table: other tokens, and other spellings of ours.
TEST(Token, RefusesEveryOtherFormat) {
    const std::string good = sign(example(), key());
    const std::size_t dot = good.rfind('.');
    const std::string body = good.substr(0, dot), footer = good.substr(dot + 1);
    const std::string refused[] = {
        "",
        "v4.public.",
        "v4.local." + good.substr(10),
        "v3.public." + good.substr(10),
        "v2.public." + good.substr(10),
        "V4.public." + good.substr(10),
        " " + good,
        good + " ",
        good + "\n",
        good + "." + footer,
        body + "=." + footer,
        body + "." + footer + "=",
        body + ".",
        body + "." + footer + ".",
        "v4.public.AAAA." + footer,
        // {"alg":"none"} . {} . empty, and the same with HS256 and EdDSA
        "eyJhbGciOiJub25lIn0.e30.",
        "eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
        "eyJhbGciOiJFZERTQSJ9.e30.AAAA",
    };
    for (const std::string& text : refused) {
        const auto opened = open(text);
        ASSERT_FALSE(opened) << text;
        EXPECT_EQ(opened.error().code(), Code::invalid_argument) << text;
    }
    EXPECT_EQ(open(std::string(kMaxTokenBytes + 1, 'A')).error().code(), Code::resource_exhausted);

    // 32 + 64 bytes leave two loose bits in the last character of the body; each other setting of them is
    // refused.
    const std::string three = paseto_sign("ab", key(), "", "");
    std::string loose = three;
    ++loose.back();
    EXPECT_TRUE(paseto_verify(three, key().public_key(), "", ""));
    EXPECT_FALSE(paseto_verify(loose, key().public_key(), "", ""));
}

// Row 7: the footer names a key id; it never brings a key or anything else along.
TEST(Token, AFooterHoldsAKeyIdAndNothingElse) {
    const std::string kid = key().public_key().id().str();
    const std::string footers[] = {"",
                                   "kid",
                                   "{}",
                                   R"({"kid":1})",
                                   R"({"kid":""})",
                                   R"({"kid":")" + key().public_key().paserk() + R"("})",
                                   R"({"kid":")" + kid + R"(","pk":"x"})",
                                   R"({"kid":")" + kid + R"(","kid":")" + kid + R"("})",
                                   R"({"kid":")" + kid + R"(","wpk":"k4.local-wrap"})",
                                   "{\"kid\":\"" + kid + "\"" + std::string(300, ' ') + "}"};
    for (const std::string& footer : footers) {
        const auto opened = open(paseto_sign("{}", key(), footer, ""));
        ASSERT_FALSE(opened) << footer;
        EXPECT_EQ(opened.error().code(), Code::unauthenticated) << footer;
    }
}

TEST(TokenClaims, AllAreDueAndNoOtherIsTaken) {
    for (const char* name : {"iss", "aud", "iat", "nbf", "exp", "jti", "v", "akp", "nce", "act", "adg", "art",
                             "apr", "stp", "att", "win", "rc", "tv"}) {
        const std::string from = std::string("\"") + name + "\":";
        EXPECT_FALSE(with(from, std::string("\"x") + name + "\":")) << name;
    }
    EXPECT_FALSE(with("\"rc\":7", "\"rc\":7,\"sub\":\"x\""));
    EXPECT_FALSE(with("\"rc\":7", "\"rc\":7,\"rc\":7"));
    EXPECT_FALSE(with("\"win\":{", "\"win\":{\"x\":1,"));
}

TEST(TokenClaims, EachHasOneForm) {
    EXPECT_FALSE(with("\"v\":1", "\"v\":2"));
    EXPECT_FALSE(with("\"att\":1", "\"att\":0"));
    EXPECT_FALSE(with("\"rc\":7", "\"rc\":-1"));
    EXPECT_FALSE(with("\"rc\":7", "\"rc\":7.0"));
    EXPECT_FALSE(with("\"rc\":7", "\"rc\":\"7\""));
    EXPECT_FALSE(with("\"rc\":7", "\"rc\":1e400"));
    EXPECT_FALSE(with("\"rc\":7", "\"rc\":9223372036854775808"));
    EXPECT_FALSE(with("\"tv\":1", "\"tv\":0"));
    EXPECT_FALSE(with("\"jti\":\"0001", "\"jti\":\"000"));
    EXPECT_FALSE(with("0a0b0c0d0e0f", "0A0B0C0D0E0F"));
    EXPECT_FALSE(with("\"act\":\"release.activate\"", "\"act\":\"release activate\""));
    EXPECT_FALSE(with("\"act\":\"release.activate\"", "\"act\":\"\""));
    EXPECT_FALSE(with("2027-01-15T08:05:00Z", "2027-01-15T08:05:00.5Z"));
    EXPECT_FALSE(with("2027-01-15T08:05:00Z", "2027-01-15T09:05:00+01:00"));
    EXPECT_FALSE(with("2027-01-15T08:05:00Z", "9999-01-15T08:05:00Z"));
    EXPECT_FALSE(with("\"iss\":\"demo\"", "\"iss\":\"de\\u0000mo\""));
    EXPECT_FALSE(with("\"iss\":\"demo\"", "\"iss\":\"de\xffmo\""));
    EXPECT_FALSE(with("\"k4.pid.", "\"k4.sid."));
}

// Row 8: hostile JSON costs little, however it is made.
TEST(TokenClaims, HostileJsonIsRefusedAtOnce) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(parse_claims(std::string(100'000, '[')));
    EXPECT_FALSE(parse_claims("{\"a\":" + std::string(100'000, '[')));
    EXPECT_FALSE(parse_claims("{\"iss\":\"" + std::string(1 << 20, 'x') + "\"}"));
    EXPECT_FALSE(parse_claims("{\"rc\":1e400}"));
    EXPECT_FALSE(parse_claims(""));
    EXPECT_FALSE(parse_claims("null"));
    EXPECT_FALSE(parse_claims("[]"));
    std::string deep;
    for (int i = 0; i < 1000; ++i) deep += "{\"a\":";
    EXPECT_FALSE(parse_claims(deep));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{500}) << "8 inputs";
}

TEST(Token, FitsItsCapWithAllTheArtifactsThatAreAllowed) {
    Claims claims = example();
    claims.art.assign(32, crypto::sha256("x"));
    EXPECT_TRUE(parse_claims(open(sign(claims, key())).value().message));
    claims.art.assign(65, crypto::sha256("x"));
    const auto opened = open(sign(claims, key()));
    EXPECT_TRUE(!opened || !parse_claims(opened->message));
}

}  // namespace
}  // namespace signalbox::token
