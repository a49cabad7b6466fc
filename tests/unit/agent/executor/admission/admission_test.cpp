// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/admission/admission.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/executor/admission_scene.hpp"

namespace signalbox::admission {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(Admission, what_people_signed_is_admitted) {
    const Scene scene;
    const auto verdict = scene.present(scene.token(scene.step, 1));
    ASSERT_EQ(answer(verdict), "admitted") << std::get<Refusal>(verdict).detail;
    const auto& verified = std::get<Verified>(verdict);
    EXPECT_EQ(std::get<actions::CommandRun>(verified.action.body).command.argv.at(2), "b");
    EXPECT_EQ(answer(judge(verified, {})), "admitted");
}

TEST(Admission, numbers_and_names_never_change) {
    EXPECT_EQ(number_of(RefusalCode::size), 1);
    EXPECT_EQ(name_of(RefusalCode::size), "R_SIZE");
    EXPECT_EQ(number_of(RefusalCode::digest), 14);
    EXPECT_EQ(name_of(RefusalCode::digest), "R_DIGEST");
    EXPECT_EQ(number_of(RefusalCode::replay), 18);
    EXPECT_EQ(name_of(RefusalCode::replay), "R_REPLAY");
    EXPECT_EQ(number_of(RefusalCode::artifact), 25);
    EXPECT_EQ(name_of(RefusalCode::artifact), "R_ARTIFACT");
}

TEST(Admission, window_is_judged_strictly_and_again_at_execution) {
    Scene scene;
    scene.approval.not_before = scene.now + seconds(1);
    EXPECT_EQ(answer(scene.present(scene.token(scene.step, 1))), "R_WINDOW");
    scene.approval.not_before = scene.now - hours(2);
    scene.approval.not_after = scene.now;
    EXPECT_EQ(answer(scene.present(scene.token(scene.step, 1))), "R_WINDOW");
    scene.approval.not_after = scene.now + seconds(5);
    EXPECT_EQ(answer(scene.present_claims([](token::Claims& c) { c.window_exp += seconds(1); })), "R_WINDOW");
    // attack 11: the window ends between check and execution
    const auto verdict = scene.present(scene.token(scene.step, 1));
    ASSERT_EQ(answer(verdict), "admitted");
    EXPECT_EQ(answer(check_window(std::get<Verified>(verdict), scene.now + seconds(5))), "R_WINDOW");
}

TEST(Admission, expired_or_too_old_trust_refuses) {
    Scene scene;
    scene.trust.file.expires = scene.now;
    EXPECT_EQ(answer(scene.present(scene.token(scene.step, 1))), "R_TRUST");
    const Scene newer;
    EXPECT_EQ(answer(newer.present_claims([](token::Claims& c) { c.tv = 2; })), "R_TRUST");
}

TEST(Admission, unknown_actions_and_members_are_refused) {
    Scene scene;
    const std::string odd = scene.add_step("odd", {{"kind", "command.run"},
                                                   {"service", "web"},
                                                   {"deadline_s", 60},
                                                   {"argv", {"/bin/true"}},
                                                   {"sudo", true}});
    EXPECT_EQ(answer(scene.present(scene.token("odd", 1), odd, scene.approval_text())), "R_UNKNOWN_ACTION");
    const std::string other =
        scene.add_step("other", {{"kind", "shell"}, {"service", "web"}, {"deadline_s", 60}});
    EXPECT_EQ(answer(scene.present(scene.token("other", 1), other, scene.approval_text())),
              "R_UNKNOWN_ACTION");
}

TEST(Admission, descriptors_must_be_the_named_artifacts) {
    Scene scene;
    const crypto::Digest artifact = crypto::sha256("artifact");
    const auto stage = [&](const crypto::Digest& digest) {
        return json::Json{{"kind", "artifact.stage"},
                          {"service", "web"},
                          {"deadline_s", 60},
                          {"artifact", {{"sha256", digest.hex()}, {"size", 8}, {"format", "tar"}}}};
    };
    const std::string good = scene.add_step("stage", stage(artifact), {artifact});
    const std::string token = scene.token("stage", 1);
    EXPECT_EQ(answer(verify(scene.host(), {token, good, scene.approval_text(), 1}, scene.now)), "admitted");
    EXPECT_EQ(answer(verify(scene.host(), {token, good, scene.approval_text(), 0}, scene.now)), "R_ARTIFACT");
    const std::string bad = scene.add_step("stage2", stage(crypto::sha256("other")), {artifact});
    EXPECT_EQ(
        answer(verify(scene.host(), {scene.token("stage2", 2), bad, scene.approval_text(), 1}, scene.now)),
        "R_ARTIFACT");
}

TEST(Admission, history_decides_the_rest) {
    const Scene scene;
    const auto verdict = scene.present(scene.token(scene.step, 1));
    const auto& verified = std::get<Verified>(verdict);
    History history;
    history.jti_seen = true;
    EXPECT_EQ(answer(judge(verified, history)), "R_REPLAY");
    history = {};
    history.state = StepState::running;
    EXPECT_EQ(answer(judge(verified, history)), "R_BUSY");
    history.state = StepState::succeeded;
    EXPECT_EQ(answer(judge(verified, history)), "R_DONE");
    history.state = StepState::failed;
    history.attempts = 2;
    EXPECT_EQ(answer(judge(verified, history)), "admitted");
    history.attempts = 3;
    EXPECT_EQ(answer(judge(verified, history)), "R_ATTEMPTS");
}

}  // namespace
}  // namespace signalbox::admission
