// SPDX-License-Identifier: Apache-2.0
// Rows of the attack table (docs/security.md) that admission alone decides; numbers are the rows'.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/executor/admission/admission.hpp"
#include "common/crypto/encoding.hpp"
#include "tests/support/executor/admission_scene.hpp"

namespace signalbox::admission {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(Attack, attack_03_token_for_another_agent) {
    const Scene scene;
    Host other = scene.host();
    other.agent_id = AgentId{"99999999-2222-4333-8444-555555555555"};
    const std::string token = scene.token(scene.step, 1);
    EXPECT_EQ(answer(verify(other, {token, scene.action, scene.approval_text(), 0}, scene.now)), "R_SIG");
    // With its aud edited by who holds no token key: the bytes are not what was signed.
    const auto opened = token::open(token);
    ASSERT_TRUE(opened.ok());
    std::string message = opened->message;
    message.replace(message.find(scene.agent.str()), 36, other.agent_id.str());
    const std::string edited = "v4.public." +
                               crypto::to_base64url(as_bytes(message + to_text(opened->signature))) + "." +
                               crypto::to_base64url(as_bytes(opened->footer));
    EXPECT_EQ(answer(verify(other, {edited, scene.action, scene.approval_text(), 0}, scene.now)), "R_SIG");
}

TEST(Attack, attack_04_token_for_an_earlier_start) {
    const Scene scene;
    Host restarted = scene.host();
    restarted.nonce = "b3RoZXI";
    const std::string token = scene.token(scene.step, 1);
    EXPECT_EQ(answer(verify(restarted, {token, scene.action, scene.approval_text(), 0}, scene.now)),
              "R_NONCE");
    // Only an otherwise right token is told so.
    restarted.agent_id = AgentId{"99999999-2222-4333-8444-555555555555"};
    EXPECT_EQ(answer(verify(restarted, {token, scene.action, scene.approval_text(), 0}, scene.now)), "R_SIG");
}

TEST(Attack, attack_05_another_action_or_order) {
    const Scene scene;
    const std::string token = scene.token(scene.step, 1);
    std::string changed = scene.action;
    changed[changed.find("\"b\"") + 1] = 'c';
    EXPECT_EQ(answer(scene.present(token, changed, scene.approval_text())), "R_DIGEST");
    std::string reordered = scene.action;
    reordered.replace(reordered.find(R"("a","b")"), 7, R"("b","a")");
    EXPECT_EQ(answer(scene.present(token, reordered, scene.approval_text())), "R_DIGEST");
}

TEST(Attack, attack_06_other_formats) {
    const Scene scene;
    const std::string token = scene.token(scene.step, 1);
    EXPECT_EQ(answer(scene.present("v3.public" + token.substr(9))), "R_FORMAT");
    EXPECT_EQ(answer(scene.present("v4.local" + token.substr(9))), "R_FORMAT");
    EXPECT_EQ(answer(scene.present("eyJhbGciOiJub25lIn0.e30.")), "R_FORMAT");
    EXPECT_EQ(answer(scene.present(token + "=")), "R_FORMAT");
    EXPECT_EQ(answer(scene.present(token + "." + token.substr(token.rfind('.') + 1))), "R_FORMAT");
    EXPECT_EQ(answer(scene.present("")), "R_FORMAT");
    EXPECT_EQ(answer(scene.present(std::string(token::kMaxTokenBytes + 1, 'a'))), "R_SIZE");
}

TEST(Attack, attack_07_key_without_the_role) {
    const Scene scene;
    const auto claims = scene.claims(scene.step, "1");
    for (const crypto::SigningKey* key : {&scene.trust.ledger, &scene.trust.ann, &scene.trust.root1})
        EXPECT_EQ(answer(scene.present(token::sign(claims, *key))), "R_KID");
    EXPECT_EQ(answer(scene.present(token::sign(claims, fakes::test_key(99)))), "R_KID");
    // A footer that brings its own key, or anything beside the id.
    const crypto::SigningKey own = fakes::test_key(99);
    const std::string paserk = own.public_key().paserk(), kid = own.public_key().id().str();
    for (const std::string& footer : {std::string(), R"({"kid":")" + paserk + R"("})",
                                      R"({"kid":")" + kid + R"(","pub":")" + paserk + R"("})"})
        EXPECT_EQ(answer(scene.present(token::paseto_sign("{}", own, footer, ""))), "R_KID") << footer;
}

TEST(Attack, attack_08_signed_but_hostile_claims) {
    const Scene scene;
    const auto& key = scene.trust.token;
    const std::string footer = json::canonical({{"kid", key.public_key().id().str()}});
    const token::Binding binding{ClusterId{"demo"}, scene.agent, scene.record_key.id(), scene.nonce};
    for (const std::string& message : {std::string(R"({"iss":"demo","iss":"demo"})"), std::string(2000, '['),
                                       std::string("{\"a\":\"\xff\"}"), std::string("{\"a\":1e400}"),
                                       std::string("{}"), std::string("{\"a\":\"\0\"}", 9)})
        EXPECT_EQ(
            answer(scene.present(token::paseto_sign(message, key, footer, binding.implicit_assertion()))),
            "R_PARSE")
            << message.substr(0, 40);
}

TEST(Attack, attack_09_lifetimes) {
    const Scene scene;
    EXPECT_EQ(answer(scene.present_claims([](token::Claims& c) { c.exp = c.iat + hours(24); })), "R_TTL");
    EXPECT_EQ(answer(scene.present_claims([](token::Claims& c) {
                  c.iat -= seconds(400);
                  c.nbf -= seconds(400);
                  c.exp -= seconds(331);
              })),
              "R_EXPIRED");
    EXPECT_EQ(answer(scene.present_claims([](token::Claims& c) { c.nbf += seconds(31); })), "R_EARLY");
    EXPECT_EQ(answer(scene.present_claims([](token::Claims& c) { c.nbf += seconds(30); })), "admitted");
}

TEST(Attack, attack_10_clock_behind_its_floor) {
    const Scene scene;
    Host host = scene.host();
    host.time_floor = scene.now + hours(24);
    const std::string token = scene.token(scene.step, 1);
    EXPECT_EQ(answer(verify(host, {token, scene.action, scene.approval_text(), 0}, scene.now)), "R_CLOCK");
    host.time_floor = scene.now + seconds(20);
    EXPECT_EQ(answer(verify(host, {token, scene.action, scene.approval_text(), 0}, scene.now)), "admitted");
}

}  // namespace
}  // namespace signalbox::admission
