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

TEST(Attack, attack_12_not_enough_people) {
    Scene scene;
    const auto with = [&](std::initializer_list<const crypto::SigningKey*> signers) {
        return answer(scene.present(scene.token(scene.step, 1), scene.action,
                                    fakes::TrustFixture::sign_approval(scene.approval, signers)));
    };
    const auto& t = scene.trust;
    EXPECT_EQ(with({&t.tom, &t.ben}), "R_APPROVAL");          // one owner short
    EXPECT_EQ(with({&t.tom, &t.ben, &t.ben}), "R_APPROVAL");  // the same key twice
    EXPECT_EQ(with({&t.ann, &t.ben}), "R_APPROVAL");          // Ann fills one place only
    EXPECT_EQ(with({&t.token, &t.ledger, &t.root1}), "R_APPROVAL");
    EXPECT_EQ(with({&t.tom, &t.ann, &t.ben}), "admitted");
    scene.approval.requester = t.ben.public_key().id();
    EXPECT_EQ(with({&t.tom, &t.ann, &t.ben}), "R_APPROVAL");  // the requester's key never counts
}

TEST(Attack, attack_13_approval_of_something_else) {
    const Scene scene;
    Scene other;
    other.approval.plan_sha256 = crypto::sha256("another plan");
    EXPECT_EQ(answer(scene.present(scene.token(scene.step, 1), scene.action, other.approval_text())),
              "R_APPROVAL");
    const auto refused = [](const std::function<void(Scene&)>& change) {
        Scene changed;
        change(changed);
        return answer(changed.present(changed.token(changed.step, 1)));
    };
    EXPECT_EQ(refused([](Scene& s) { s.approval.environment = "staging"; }), "R_APPROVAL");
    EXPECT_EQ(refused([](Scene& s) {
                  s.approval.steps[0].agent_id = AgentId{"99999999-2222-4333-8444-555555555555"};
              }),
              "R_APPROVAL");
    EXPECT_EQ(answer(scene.present_claims([](token::Claims& c) { c.rc = 8; })), "R_APPROVAL");
    EXPECT_EQ(answer(scene.present_claims([](token::Claims& c) { c.stp = StepId{"unheard"}; })),
              "R_APPROVAL");
    EXPECT_EQ(answer(scene.present_claims([](token::Claims& c) { c.art = {crypto::sha256("x")}; })),
              "R_APPROVAL");
}

// The controller gives people the name of a host that they mean, and the agent id of another one.
TEST(Attack, attack_13_signed_for_the_name_of_another_host) {
    Scene scene;
    scene.host_name = "bystander";
    const auto verdict = scene.present(scene.token(scene.step, 1));
    ASSERT_EQ(answer(verdict), "R_APPROVAL");
    EXPECT_EQ(std::get<Refusal>(verdict).detail,
              "step production/web-1/run was approved for host web-1, this host is bystander");
}

// The token key is the attacker's, no approver key is: whatever he signs, nothing runs.
TEST(Attack, attack_14_compromised_controller) {
    Scene scene;
    const auto& t = scene.trust;
    int admitted = 0;
    for (int i = 0; i < 10'000; ++i) {
        scene.approval.release_counter = 100 + i;
        const auto approval = i % 2 == 0
                                  ? fakes::TrustFixture::sign_approval(scene.approval, {&t.token, &t.ledger})
                                  : fakes::TrustFixture::sign_approval(scene.approval, {});
        if (answer(scene.present(scene.token(scene.step, i), scene.action, approval)) == "admitted")
            ++admitted;
    }
    EXPECT_EQ(admitted, 0);
}

TEST(Attack, attack_15_an_older_release_unless_it_is_an_undo) {
    Scene scene;
    scene.add_step("undo",
                   {{"kind", "command.run"}, {"service", "web"}, {"deadline_s", 60}, {"argv", {"/bin/true"}}},
                   {}, 1, scene.step);
    History history;
    history.release_floor = 8;
    const auto forward = scene.present(scene.token(scene.step, 1));
    ASSERT_EQ(answer(forward), "admitted");
    EXPECT_EQ(answer(judge(std::get<Verified>(forward), history)), "R_ROLLBACK");
    const auto undo = scene.present(scene.token("undo", 2), scene.actions.at("undo"), scene.approval_text());
    ASSERT_EQ(answer(undo), "admitted");
    EXPECT_EQ(answer(judge(std::get<Verified>(undo), history)), "admitted");
}

}  // namespace
}  // namespace signalbox::admission
