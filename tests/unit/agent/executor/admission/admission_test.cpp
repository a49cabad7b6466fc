// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/admission/admission.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

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

TEST(Admission, every_code_stands_in_the_documents_table) {
    std::ifstream page(std::string(SIGNALBOX_SOURCE_DIR) + "/docs/formats/token.md");
    std::vector<std::string> documented, known;
    for (std::string line; std::getline(page, line);)
        if (line.starts_with("| ") && line.find(" | `R_") != std::string::npos)
            documented.push_back(line.substr(0, line.find('`', line.find('`') + 1) + 1));
    for (std::size_t number = 1; number <= kRefusalCodes; ++number)
        known.push_back("| " + std::to_string(number) + " | `" +
                        std::string(name_of(static_cast<RefusalCode>(number))) + "`");
    EXPECT_EQ(documented, known);
    EXPECT_EQ(number_of(RefusalCode::artifact), static_cast<int>(kRefusalCodes)) << "a new code: document it";
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
    EXPECT_EQ(answer(scene.present_claims([](token::Claims& c) { c.window_nbf -= seconds(1); })), "R_WINDOW");
    // attack 11: the window ends between check and execution
    const auto verdict = scene.present(scene.token(scene.step, 1));
    ASSERT_EQ(answer(verdict), "admitted");
    EXPECT_EQ(answer(check_window(std::get<Verified>(verdict), scene.now + seconds(5))), "R_WINDOW");
}

TEST(Admission, nothing_goes_forward_in_a_closed_time) {
    Scene scene;
    const auto closed = [&](int from, int to) {
        scene.approval.closed = {{scene.now - hours(1), scene.now - seconds(600), "earlier"},
                                 {scene.now + seconds(from), scene.now + seconds(to), "month's end"}};
        return scene.present(scene.token(scene.step, 1));
    };
    EXPECT_EQ(answer(closed(0, 1)), "R_WINDOW");
    EXPECT_EQ(answer(closed(-10, 1)), "R_WINDOW");
    EXPECT_EQ(std::get<Refusal>(closed(-10, 1)).detail,
              "closed from 2027-01-15T07:59:50Z to 2027-01-15T08:00:01Z (month's end), now is "
              "2027-01-15T08:00:00Z");
    EXPECT_EQ(answer(closed(-10, 0)), "admitted") << "it ends before `to`";
    // With "finish" a step may run into it, but not begin in it.
    const auto verdict = closed(1, 100);
    ASSERT_EQ(answer(verdict), "admitted");
    EXPECT_EQ(answer(check_window(std::get<Verified>(verdict), scene.now + seconds(1))), "R_WINDOW");
    EXPECT_EQ(answer(check_window(std::get<Verified>(verdict), scene.now + seconds(100))), "admitted");
}

TEST(Admission, with_stop_nothing_is_in_flight_when_the_window_ends) {
    Scene scene;  // its step may take 60 s
    scene.approval.overrun = "stop";
    scene.approval.not_after = scene.now + seconds(59);
    EXPECT_EQ(answer(scene.present(scene.token(scene.step, 1))), "R_WINDOW");
    scene.approval.overrun = "undo";
    EXPECT_EQ(answer(scene.present(scene.token(scene.step, 1))), "admitted");
    scene.approval.overrun = "finish";
    const auto loose = scene.present(scene.token(scene.step, 1));
    ASSERT_EQ(answer(loose), "admitted");
    EXPECT_FALSE(must_end_by(std::get<Verified>(loose), scene.now).has_value());

    scene.approval.overrun = "stop";
    scene.approval.not_after = scene.now + seconds(60);
    const auto verdict = scene.present(scene.token(scene.step, 1));
    ASSERT_EQ(answer(verdict), "admitted");
    const auto& verified = std::get<Verified>(verdict);
    EXPECT_EQ(must_end_by(verified, scene.now), scene.approval.not_after);
    // attack 11: a second later, when its turn comes, it could not end in time.
    EXPECT_EQ(answer(check_window(verified, scene.now + seconds(1))), "R_WINDOW");
}

TEST(Admission, with_stop_nothing_is_in_flight_when_a_closed_time_begins) {
    Scene scene;
    scene.approval.overrun = "stop";
    const auto closed = [&](int from) {
        scene.approval.closed = {{scene.now - seconds(20), scene.now - seconds(10), "earlier"},
                                 {scene.now + seconds(from), scene.now + seconds(600), "month's end"},
                                 {scene.now + seconds(900), scene.now + seconds(1000), "later"}};
        return scene.present(scene.token(scene.step, 1));
    };
    EXPECT_EQ(answer(closed(59)), "R_WINDOW");
    const auto verdict = closed(60);
    ASSERT_EQ(answer(verdict), "admitted");
    const auto& verified = std::get<Verified>(verdict);
    EXPECT_EQ(must_end_by(verified, scene.now), scene.now + seconds(60));
    EXPECT_EQ(answer(check_window(verified, scene.now + seconds(1))), "R_WINDOW");
    EXPECT_EQ(answer(check_window(verified, scene.now + seconds(600))), "admitted");
    EXPECT_EQ(must_end_by(verified, scene.now + seconds(600)), scene.now + seconds(900));
    EXPECT_EQ(must_end_by(verified, scene.now + seconds(1000)), scene.approval.not_after);
}

TEST(Admission, taking_back_is_allowed_after_the_window_and_in_closed_times) {
    Scene scene;
    const std::string undo = scene.add_step(
        "undo", {{"kind", "command.run"}, {"service", "web"}, {"deadline_s", 60}, {"argv", {"/bin/true"}}},
        {}, 1, scene.step);
    const auto taken_back = [&](const std::function<void(token::Claims&)>& change = {}) {
        return scene.present(scene.token("undo", 1, change), undo, scene.approval_text());
    };
    scene.approval.overrun = "stop";
    scene.approval.closed = {{scene.now - hours(1), scene.now + seconds(1), "month's end"}};
    EXPECT_EQ(answer(taken_back()), "admitted");
    scene.approval.closed.clear();
    scene.approval.not_after = scene.now - seconds(1);
    scene.approval.undo_not_after = scene.now + seconds(1);
    EXPECT_EQ(answer(scene.present(scene.token(scene.step, 1))), "R_WINDOW");
    const auto verdict = taken_back();
    ASSERT_EQ(answer(verdict), "admitted") << std::get<Refusal>(verdict).detail;
    EXPECT_EQ(answer(check_window(std::get<Verified>(verdict), scene.now + seconds(1))), "R_WINDOW");
    EXPECT_FALSE(must_end_by(std::get<Verified>(verdict), scene.now).has_value());
    // Its token says no more than the approval does.
    EXPECT_EQ(answer(taken_back([](token::Claims& c) { c.window_exp += seconds(1); })), "R_WINDOW");
    EXPECT_EQ(answer(taken_back([&](token::Claims& c) { c.window_exp = scene.approval.not_after; })),
              "R_WINDOW");
    scene.approval.undo_not_after = scene.now;
    EXPECT_EQ(answer(taken_back()), "R_WINDOW");
    // A forward step's token does not get the longer time.
    scene.approval.undo_not_after = scene.now + hours(1);
    EXPECT_EQ(
        answer(scene.present_claims([&](token::Claims& c) { c.window_exp = scene.approval.undo_not_after; })),
        "R_WINDOW");
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
