// SPDX-License-Identifier: Apache-2.0
// What a standing approval does not let through: the controller is the attacker's, the standing approval is
// genuine, no person's and no builder's key is his.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/executor/standing_scene.hpp"

namespace signalbox::admission {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;

class Standing : public testing::Test {
  protected:
    Standing() { under.release("1.4.3", 7); }

    [[nodiscard]] Verdict<Verified> present(const std::string& step, Instant now, const Host& host) const {
        return verify(host,
                      {scene.token(step, 1), scene.actions.at(step), under.unsigned_release(), 0,
                       standing_text, statement_text},
                      now);
    }
    // As the documents stand now. "admitted", or the code and why.
    std::string run(const std::string& step = "production/web-1/run") {
        standing_text = under.standing_text();
        statement_text = under.statement_text();
        return said(present(step, scene.now, scene.host()));
    }
    static std::string said(const Verdict<Verified>& verdict) {
        const auto* no = std::get_if<Refusal>(&verdict);
        return no == nullptr ? "admitted" : std::string(name_of(no->code)) + ": " + no->detail;
    }

    Scene scene;
    support::StandingFixture under{scene};
    std::string standing_text, statement_text;
};

TEST_F(Standing, a_patch_release_that_nobody_signed_is_admitted) {
    ASSERT_EQ(run(), "admitted");
    const auto verdict = present("production/web-1/run", scene.now, scene.host());
    const auto& verified = std::get<Verified>(verdict);
    EXPECT_EQ(std::get<actions::CommandRun>(verified.action.body).command.argv.at(2),
              "echo 1.4.3 >> versions");
    ASSERT_TRUE(verified.standing.has_value());
    EXPECT_EQ(verified.standing->standing, under.digest());
    EXPECT_EQ(verified.standing->patch, 3);
    EXPECT_EQ(run("production/web-1/run!undo"), "admitted");
}

TEST_F(Standing, people_may_sign_the_release_itself_instead) {
    under.release("1.5.0", 7);
    EXPECT_THAT(run(), HasSubstr("is for 1.4.x from 1.4.2 on, not for 1.5.0"));
    const auto verdict =
        verify(scene.host(),
               {scene.token("production/web-1/run", 1), scene.actions.at("production/web-1/run"),
                scene.approval_text(), 0, standing_text, statement_text},
               scene.now);
    ASSERT_EQ(answer(verdict), "admitted");
    EXPECT_FALSE(std::get<Verified>(verdict).standing.has_value());
}

TEST_F(Standing, attack_12_not_enough_people_signed_it) {
    const auto& t = scene.trust;
    statement_text = under.statement_text();
    const auto with = [&](support::StandingFixture::Signers signers) {
        standing_text = under.standing_text(signers);
        return answer(present("production/web-1/run", scene.now, scene.host()));
    };
    EXPECT_EQ(with({&t.tom, &t.ben}), "R_APPROVAL");
    EXPECT_EQ(with({&t.tom, &t.ben, &t.ben}), "R_APPROVAL");
    EXPECT_EQ(with({&t.token, &t.ledger, &under.builder}), "R_APPROVAL");
    EXPECT_EQ(with({&t.tom, &t.ben, &t.cat}), "admitted");
    under.standing.requester = t.ben.public_key().id();
    under.release("1.4.3", 7);
    EXPECT_EQ(with({&t.tom, &t.ben, &t.cat}), "R_APPROVAL");
}

TEST_F(Standing, attack_13_of_another_version_service_or_environment) {
    for (const char* version :
         {"1.4.1", "1.5.3", "2.4.3", "0.4.3", "1.4.3-rc1", "1.4.3+build", "1.4", "1.4.03", "1.4.3.0",
          "01.4.3", "1.4.-3", "1.4.3 ", "1.4.9999999999", "1.4.3$(id)", ""}) {
        under.release(version, 7);
        EXPECT_THAT(run(), HasSubstr("R_APPROVAL")) << version;
    }
    under.release("1.4.3", 7);
    under.statement.service = "shop";
    EXPECT_THAT(run(), HasSubstr("is for web, the artifact is one of shop"));
    under.statement.service = "web";
    under.standing.environment = "staging";
    under.release("1.4.3", 7);
    EXPECT_THAT(run(), HasSubstr("R_APPROVAL"));
    under.standing.environment = "production";
    under.standing.cluster_id = ClusterId{"other"};
    under.release("1.4.3", 7);
    EXPECT_THAT(run(), HasSubstr("is for cluster 'other'"));
}

TEST_F(Standing, attack_13_replayed_to_another_host) {
    ASSERT_EQ(run(), "admitted");
    // The step as it is, presented by another host: its token is not for it.
    Host other = scene.host();
    other.agent_id = AgentId{"99999999-2222-4333-8444-555555555555"};
    other.host = "web-2";
    EXPECT_EQ(answer(present("production/web-1/run", scene.now, other)), "R_SIG");
    // With a token and a document of its own: people signed the steps of web-1 only.
    scene.agent = other.agent_id;
    under.release("1.4.3", 7, [&](trust::Approval& a) {
        for (auto& step : a.steps) {
            step.agent_id = other.agent_id;
            step.host = "web-2";
        }
    });
    EXPECT_EQ(said(present("production/web-1/run", scene.now, other)),
              "R_APPROVAL: R_APPROVAL: standing approval web-patches has another step production/web-1/run "
              "on web-2");
}

TEST_F(Standing, attack_14_another_action_artifact_or_name) {
    const std::string step = "production/web-1/run";
    const auto with_action = [&](const json::Json& action) {
        const std::string bytes = json::canonical(action);
        under.release("1.4.3", 7, [&](trust::Approval& a) {
            a.steps[0].action = action["kind"];
            a.steps[0].action_sha256 = crypto::sha256(bytes);
        });
        scene.actions[step] = bytes;
        return run();
    };
    json::Json action = under.standing.steps[0].action;
    action["argv"][2] = "echo 1.4.3 >> versions; id";
    EXPECT_THAT(with_action(action), HasSubstr("has another step"));
    action["argv"][2] = "echo 1.4.4 >> versions";
    EXPECT_THAT(with_action(action), HasSubstr("has another step"));
    action["argv"][2] = "echo ${release.version} >> versions";
    EXPECT_THAT(with_action(action), HasSubstr("has another step")) << "holes are filled, never left";
    const auto changed = [&](const std::function<void(trust::Approval&)>& change) {
        under.release("1.4.3", 7, change);
        return run();
    };
    EXPECT_THAT(changed([](auto& a) { a.steps[0].max_attempts = 3; }), HasSubstr("R_APPROVAL"));
    EXPECT_EQ(changed([](auto& a) { a.steps[0].max_attempts = 1; }), "admitted");
    EXPECT_THAT(changed([](auto& a) { a.steps[0].artifact_sha256 = {crypto::sha256("x")}; }),
                HasSubstr("R_APPROVAL"));
    EXPECT_THAT(changed([](auto& a) { a.release_id = ReleaseId{"$(id)"}; }),
                HasSubstr("would be called web-1.4.3-7"));
    EXPECT_THAT(changed([](auto& a) { a.overrun = "undo"; }), HasSubstr("overrun"));
    EXPECT_THAT(changed([](auto& a) { a.standing = crypto::sha256("another"); }),
                HasSubstr("does not name the standing approval"));
    EXPECT_THAT(changed([](auto& a) { a.standing.reset(); }),
                HasSubstr("does not name the standing approval"));
    // A forward step dressed as an undo step would escape the window.
    EXPECT_THAT(changed([](auto& a) { a.steps[0].undo_of = StepId{"production/web-1/run!undo"}; }),
                HasSubstr("R_APPROVAL"));
}

TEST_F(Standing, attack_14_only_the_builders_word_says_what_an_artifact_is) {
    ASSERT_EQ(run(), "admitted");
    const auto& t = scene.trust;
    const std::string step = "production/web-1/run";
    for (const auto* key : {&t.token, &t.ledger, &t.ann, &t.root1}) {
        statement_text = under.statement_text(*key);
        EXPECT_EQ(answer(present(step, scene.now, scene.host())), "R_APPROVAL");
    }
    statement_text = "";
    EXPECT_EQ(answer(present(step, scene.now, scene.host())), "R_APPROVAL");
    statement_text = std::string(1 << 20, 'a');
    EXPECT_EQ(answer(present(step, scene.now, scene.host())), "R_SIZE");
    // No role at all: nobody's word counts.
    scene.trust.file.roles.erase("artifact/production");
    EXPECT_THAT(run(), HasSubstr("has no role artifact/production"));
    // And the controller's keys can never hold it.
    trust::TrustFile mixed = scene.trust.file;
    mixed.roles["artifact/production"].keyids.insert(t.token.public_key().id());
    EXPECT_FALSE(trust::parse_payload(trust::serialize(mixed)).ok());
}

TEST_F(Standing, attack_14_ten_thousand_releases_of_his_own) {
    ASSERT_EQ(run(), "admitted");
    const Host host = scene.host();
    int admitted = 0;
    for (int i = 0; i < 10'000; ++i) {
        under.release("1.4.3", 7 + i, [&](trust::Approval& a) {
            a.steps[0].action_sha256 = crypto::sha256(std::to_string(i));
        });
        if (answer(present("production/web-1/run", scene.now, host)) == "admitted") ++admitted;
    }
    EXPECT_EQ(admitted, 0);
}

TEST_F(Standing, attack_10_expired_or_the_clock_set_back) {
    ASSERT_EQ(run(), "admitted");
    const auto at = [&](Instant now, Instant floor) {
        scene.now = now;
        scene.approval.not_before = now - hours(1);
        scene.approval.not_after = now + hours(1);
        scene.approval.undo_not_after = now + hours(3);
        Host host = scene.host();
        host.time_floor = floor;
        return said(present("production/web-1/run", now, host));
    };
    const Instant end = under.standing.not_after;
    EXPECT_EQ(at(end - hours(1), {}), "admitted");
    EXPECT_THAT(at(end - hours(1) + seconds(1), {}), HasSubstr("is good from"));
    EXPECT_THAT(at(end + hours(24), {}), HasSubstr("R_APPROVAL"));
    // A clock set back to when it was good: the host remembers better.
    EXPECT_THAT(at(end - hours(2), end + hours(24)), HasSubstr("R_CLOCK"));
    EXPECT_THAT(at(under.standing.not_before, {}), HasSubstr("is good from"));
}

TEST_F(Standing, attack_11_closed_times_bind_the_release) {
    const Instant now = scene.now;
    under.standing.closed = {{now - hours(3), now - hours(2), "before"},
                             {now - seconds(60), now + seconds(60), "month's end"},
                             {now + hours(2), now + hours(3), "later"}};
    under.release("1.4.3", 7);
    EXPECT_THAT(run(), HasSubstr("it is closed from 2027-01-15T07:59:00Z to 2027-01-15T08:01:00Z (month's "
                                 "end), the release is not"));
    under.release("1.4.3", 7, [&](auto& a) { a.closed = {{now - seconds(60), now, "a part"}}; });
    EXPECT_THAT(run(), HasSubstr("it is closed from 2027-01-15T08:00:00Z to"));
    under.release("1.4.3", 7, [&](auto& a) {
        a.closed = {{now - seconds(60), now, "one"}, {now, now + seconds(90), "two"}};
    });
    EXPECT_THAT(run(), HasSubstr("R_WINDOW"));
    under.release("1.4.3", 7, [&](auto& a) { a.closed = {{now - seconds(60), now, "one"}}; });
    under.standing.closed.clear();
    under.release("1.4.3", 7, [&](auto& a) { a.not_before -= hours(72); });
    EXPECT_THAT(run(), HasSubstr("R_APPROVAL"));
}

TEST_F(Standing, attack_15_a_counter_out_of_everybodys_reach) {
    under.release("1.4.3", 6);
    EXPECT_THAT(run(), HasSubstr("release number 6 is not among"));
    under.release("1.4.3", 6 + trust::kMaxCounterAhead);
    EXPECT_EQ(run(), "admitted");
    under.release("1.4.3", 7 + trust::kMaxCounterAhead);
    EXPECT_THAT(run(), HasSubstr("is not among"));
}

TEST_F(Standing, attack_02_uses_and_lower_patches) {
    ASSERT_EQ(run(), "admitted");
    const auto forward = present("production/web-1/run", scene.now, scene.host());
    const auto back = present("production/web-1/run!undo", scene.now, scene.host());
    const auto judged = [](const Verdict<Verified>& verdict, const History& history) {
        return answer(judge(std::get<Verified>(verdict), history));
    };
    History history;
    history.uses = 1;
    EXPECT_EQ(judged(forward, history), "admitted");
    history.uses = 2;
    EXPECT_EQ(judged(forward, history), "R_APPROVAL");
    EXPECT_EQ(judged(back, history), "R_APPROVAL") << "nothing of this release ran here";
    history.used_by_this = true;
    EXPECT_EQ(judged(forward, history), "admitted") << "another step of the same release";
    EXPECT_EQ(judged(back, history), "admitted");
    history.highest_patch = 4;
    EXPECT_EQ(judged(forward, history), "R_ROLLBACK");
    EXPECT_EQ(judged(back, history), "admitted");
}

TEST_F(Standing, attack_14_what_was_withdrawn_goes_back_at_most) {
    ASSERT_EQ(run(), "admitted");
    const auto forward = present("production/web-1/run", scene.now, scene.host());
    const auto back = present("production/web-1/run!undo", scene.now, scene.host());
    History history;
    history.withdrawn = true;
    EXPECT_EQ(answer(judge(std::get<Verified>(forward), history)), "R_APPROVAL");
    EXPECT_EQ(answer(judge(std::get<Verified>(back), history)), "R_APPROVAL");
    history.forward_ran = true;
    EXPECT_EQ(answer(judge(std::get<Verified>(forward), history)), "R_APPROVAL");
    EXPECT_EQ(answer(judge(std::get<Verified>(back), history)), "admitted");
}

}  // namespace
}  // namespace signalbox::admission
