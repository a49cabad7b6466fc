// SPDX-License-Identifier: Apache-2.0
// Rows 12 to 15 of the attack table (docs/security.md): what people did not sign does not run, whoever holds
// the controller.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "agent/executor/admission/admission.hpp"
#include "tests/support/executor/admission_scene.hpp"

namespace signalbox::admission {
namespace {

using fakes::TrustFixture;

TEST(Attack, attack_12_not_enough_people) {
    Scene scene;
    const auto with = [&](std::initializer_list<const crypto::SigningKey*> signers) {
        return answer(scene.present(scene.token(scene.step, 1), scene.action,
                                    TrustFixture::sign_approval(scene.approval, signers)));
    };
    const auto& t = scene.trust;
    EXPECT_EQ(with({&t.tom, &t.ben}), "R_APPROVAL");          // one owner short
    EXPECT_EQ(with({&t.tom, &t.ben, &t.ben}), "R_APPROVAL");  // the same key twice
    EXPECT_EQ(with({&t.ann, &t.ben}), "R_APPROVAL");          // Ann fills one place only
    EXPECT_EQ(with({&t.token, &t.ledger, &t.root1}), "R_APPROVAL");
    EXPECT_EQ(with({&t.tom, &t.ann, &t.ben}), "admitted");
    scene.approval.requester = t.ben.public_key().id();
    EXPECT_EQ(with({&t.tom, &t.ann, &t.ben}), "R_APPROVAL");  // the requester's key never counts
    EXPECT_EQ(with({&t.tom, &t.ann, &t.ben, &t.cat}), "admitted");
}

TEST(Attack, attack_12_one_key_under_two_ids) {
    const Scene scene;
    const auto& t = scene.trust;
    // Ben's signature once more, under Cat's id.
    dsse::Envelope copied =
        dsse::parse(TrustFixture::sign_approval(scene.approval, {&t.tom, &t.ben, &t.ben})).value();
    copied.signatures[2].keyid = t.cat.public_key().id();
    EXPECT_EQ(answer(scene.present(scene.token(scene.step, 1), scene.action, dsse::serialize(copied))),
              "R_APPROVAL");
    // A trust file that lists Ben's key once more under an id of its own does not even parse.
    std::string payload = trust::serialize(t.file);
    const std::string cat = t.cat.public_key().paserk(), ben = t.ben.public_key().paserk();
    payload.replace(payload.find(cat), cat.size(), ben);
    EXPECT_EQ(trust::parse_payload(payload).error().code(), Code::invalid_argument);
    // Two keys of one person are one person.
    Scene twice;
    const auto second = fakes::test_key(31);
    twice.trust.file.keys.insert_or_assign(second.public_key().id(),
                                           trust::TrustedKey{second.public_key(), "Ben"});
    twice.trust.file.roles["approve/production/owner"].keyids.insert(second.public_key().id());
    EXPECT_EQ(answer(twice.present(twice.token(twice.step, 1), twice.action,
                                   TrustFixture::sign_approval(twice.approval, {&t.tom, &t.ben, &second}))),
              "R_APPROVAL");
}

TEST(Attack, attack_12_approvers_of_another_environment) {
    Scene scene;
    const auto eve = fakes::test_key(32), sam = fakes::test_key(33);
    trust::TrustFile& file = scene.trust.file;
    for (const auto* key : {&eve, &sam}) {
        file.keys.insert_or_assign(key->public_key().id(), trust::TrustedKey{key->public_key(), ""});
        // One name is the beginning of the other; neither is the other.
        for (const char* role : {"approve/production-eu/owner", "approve/production-eu/tester",
                                 "approve/staging/owner", "approve/staging/tester"})
            file.roles[role].keyids.insert(key->public_key().id());
    }
    const auto& t = scene.trust;
    EXPECT_EQ(answer(scene.present(scene.token(scene.step, 1), scene.action,
                                   TrustFixture::sign_approval(scene.approval, {&t.tom, &eve, &sam}))),
              "R_APPROVAL");
    // Enough people of staging signed, for staging: this host is in production.
    scene.approval.environment = "staging";
    file.roles["approve/staging/owner"].threshold = 1;
    EXPECT_TRUE(trust::verify_approval(file, TrustFixture::sign_approval(scene.approval, {&eve, &sam})).ok());
    EXPECT_EQ(answer(scene.present(scene.token(scene.step, 1), scene.action,
                                   TrustFixture::sign_approval(scene.approval, {&eve, &sam}))),
              "R_APPROVAL");
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
    EXPECT_EQ(refused([](Scene& s) { s.approval.environment = "production-eu"; }), "R_APPROVAL");
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

// Signed by enough people of this cluster's trust file, for another cluster; the token says this one.
TEST(Attack, attack_13_approval_of_another_cluster) {
    Scene scene;
    scene.approval.cluster_id = ClusterId{"other"};
    EXPECT_EQ(answer(scene.present_claims([](token::Claims& c) { c.iss = ClusterId{"demo"}; })),
              "R_APPROVAL");
}

// The token key and the ledger key are the attacker's, and he has one genuine approval of one step; no
// approver's key is his. Whatever he signs for anything else, nothing runs.
TEST(Attack, attack_14_compromised_controller) {
    const Scene genuine;
    const std::string genuine_text = genuine.approval_text();
    const dsse::Envelope genuine_envelope = dsse::parse(genuine_text, trust::kMaxApprovalBytes).value();
    const auto mallory = fakes::test_key(66);
    const auto& t = genuine.trust;
    // People's signatures, taken from the genuine approval.
    const auto with_old_signatures = [&](const Scene& scene) {
        dsse::Envelope forged = genuine_envelope;
        forged.payload = trust::serialize(scene.approval);
        return dsse::serialize(forged);
    };
    // His own signatures, under people's ids.
    const auto under_their_ids = [&](const Scene& scene) {
        dsse::Envelope forged{std::string(trust::kInTotoPayloadType), trust::serialize(scene.approval), {}};
        for (const auto* person : {&t.tom, &t.ben, &t.cat}) {
            if (!dsse::add_signature(forged, mallory)) std::terminate();
            forged.signatures.back().keyid = person->public_key().id();
        }
        return dsse::serialize(forged);
    };
    std::set<std::string> answers;
    int admitted = 0;
    Scene scene;
    const Host host = genuine.host();
    for (int i = 0; i < 10'000; ++i) {
        scene.approval = genuine.approval;
        std::string approval = genuine_text;
        std::string claimed = scene.action;
        auto claims = scene.claims(scene.step, Scene::jti(i));
        if (i % 8 != 0) scene.approval.release_counter = 100 + i;
        const auto forged = [&](std::string text) {
            approval = std::move(text);
            claims = scene.claims(scene.step, Scene::jti(i));
        };
        switch (i % 8) {
            case 0:  // the genuine approval, and an action of his own
                claimed = json::canonical({{"kind", "command.run"},
                                           {"service", "web"},
                                           {"deadline_s", 60},
                                           {"argv", {"/bin/sh", "-c", "id " + std::to_string(i)}}});
                claims.adg = crypto::sha256(claimed);
                break;
            case 1:
                forged(TrustFixture::sign_approval(scene.approval, {}));
                break;
            case 2:
                forged(TrustFixture::sign_approval(scene.approval, {&t.token, &t.ledger}));
                break;
            case 3:
                forged(TrustFixture::sign_approval(scene.approval, {&mallory, &mallory, &mallory}));
                break;
            case 4:
                forged(with_old_signatures(scene));
                break;
            case 5:
                forged(under_their_ids(scene));
                break;
            case 6:  // the genuine approval, and a token for another one
                claims = scene.claims(scene.step, Scene::jti(i));
                break;
            case 7:  // an environment in which nobody has to approve
                scene.approval.environment = "staging";
                forged(TrustFixture::sign_approval(scene.approval, {}));
                break;
        }
        const auto verdict = verify(host, {token::sign(claims, t.token), claimed, approval, 0}, genuine.now);
        answers.insert(answer(verdict));
        if (std::holds_alternative<Verified>(verdict)) ++admitted;
    }
    EXPECT_EQ(admitted, 0);
    EXPECT_THAT(answers, testing::ElementsAre("R_APPROVAL"));
    EXPECT_EQ(answer(genuine.present(genuine.token(genuine.step, 1))), "admitted");
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
