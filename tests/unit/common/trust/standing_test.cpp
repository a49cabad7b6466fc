// SPDX-License-Identifier: Apache-2.0
// The documents beside approvals: standing approvals, artifact statements, withdrawals.
#include "common/trust/standing.hpp"

#include <gtest/gtest.h>

#include "common/trust/withdrawal.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::trust {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

StandingApproval example() {
    StandingApproval out;
    out.cluster_id = ClusterId{"demo"};
    out.environment = "production";
    out.name = "web-patches";
    out.service = "web";
    out.versions = {1, 4, 2};
    out.uses = 5;
    out.release_counter = 17;
    out.not_before = from_unix_seconds(1'800'000'000);
    out.not_after = out.not_before + hours(24 * 90);
    out.overrun = "stop";
    out.closed = {{out.not_before + hours(1), out.not_before + hours(2), "lunch"}};
    out.requester_name = "Rob";
    out.change = "STD0007";
    const AgentId agent{"0d5e3b1e-0000-4000-8000-000000000001"};
    out.steps = {{StepId{"production/web-1/stage"},
                  agent,
                  "web-1",
                  {{"kind", "artifact.stage"},
                   {"service", "web"},
                   {"deadline_s", 600},
                   {"artifact", {{"sha256", "${artifact.sha256}"}, {"size", 0}, {"format", "tar"}}}},
                  1,
                  3,
                  {}},
                 {StepId{"production/web-1/activate"},
                  agent,
                  "web-1",
                  {{"kind", "release.activate"},
                   {"service", "web"},
                   {"deadline_s", 60},
                   {"artifact_sha256", "${artifact.sha256}"},
                   {"argv", {"/opt/web/switch", "--to=${release.version}"}},
                   {"user", ""}},
                  1,
                  1,
                  {}},
                 {StepId{"production/web-1/activate!undo"},
                  agent,
                  "web-1",
                  {{"kind", "release.revert"},
                   {"service", "web"},
                   {"deadline_s", 60},
                   {"of", "production/web-1/activate"},
                   {"argv", json::Json::array()},
                   {"user", ""}},
                  0,
                  3,
                  StepId{"production/web-1/activate"}}};
    return out;
}

ArtifactStatement build() {
    return {ClusterId{"demo"}, "web", "1.4.7", crypto::sha256("bits"), 1234, "tar"};
}

std::string problem(const StandingApproval& standing) {
    const auto parsed = parse_standing(serialize(standing));
    return parsed ? std::string() : parsed.error().message();
}

TEST(StandingApproval, ComesBackAsItWasWritten) {
    const auto parsed = parse_standing(serialize(example()));
    ASSERT_TRUE(parsed) << parsed.error().to_string();
    EXPECT_EQ(serialize(*parsed), serialize(example()));
}

TEST(StandingApproval, HolesAreFilledAndNothingElse) {
    const auto steps = example().steps;
    EXPECT_EQ(fill(steps[0], build()),
              R"({"artifact":{"format":"tar","sha256":")" + crypto::sha256("bits").hex() +
                  R"(","size":1234},"deadline_s":600,"kind":"artifact.stage","service":"web"})");
    EXPECT_EQ(fill(steps[1], build()), R"({"argv":["/opt/web/switch","--to=1.4.7"],"artifact_sha256":")" +
                                           crypto::sha256("bits").hex() +
                                           R"(","deadline_s":60,"kind":"release.activate","service":"web",)"
                                           R"("user":""})");
    EXPECT_EQ(fill(steps[2], build()), json::canonical(steps[2].action));
}

TEST(StandingApproval, PatchReleasesOfOneMinorVersionOnly) {
    const PatchRange range{1, 4, 2};
    EXPECT_EQ(patch_in(range, "1.4.2"), 2);
    EXPECT_EQ(patch_in(range, "1.4.10"), 10);
    EXPECT_EQ(patch_in({0, 0, 0}, "0.0.0"), 0);
    for (const char* version :
         {"1.4.1", "1.5.2", "2.4.2", "1.4.2-rc.1", "1.4.2+1", "1.4", "1.4.2.1", "1.04.2", "1.4.02", " 1.4.2",
          "1.4.2 ", "v1.4.2", "", "..", "1.4.", "1.4.99999999999999999999"})
        EXPECT_FALSE(patch_in(range, version).has_value()) << version;
}

TEST(StandingApproval, ItsOwnLimitsHold) {
    auto with = [](const std::function<void(StandingApproval&)>& change) {
        StandingApproval standing = example();
        change(standing);
        return problem(standing);
    };
    EXPECT_EQ(with([](auto&) {}), "");
    EXPECT_NE(with([](auto& s) { s.not_after += seconds(1); }), "") << "90 days and no more";
    EXPECT_NE(with([](auto& s) { s.not_after = s.not_before; }), "");
    EXPECT_NE(with([](auto& s) { s.uses = 0; }), "");
    EXPECT_NE(with([](auto& s) { s.uses = kMaxStandingUses + 1; }), "");
    EXPECT_NE(with([](auto& s) { s.versions.patch_from = -1; }), "");
    EXPECT_NE(with([](auto& s) { s.overrun = ""; }), "");
    EXPECT_NE(with([](auto& s) { s.steps.clear(); }), "");
    EXPECT_NE(with([](auto& s) { s.steps.push_back(s.steps[0]); }), "") << "twice";
    EXPECT_EQ(with([](auto& s) {
                  s.steps.push_back(s.steps[0]);
                  s.steps.back().host = "web-2";
              }),
              "")
        << "colours take turns";
    EXPECT_NE(with([](auto& s) { s.steps[2].host = "web-2"; }), "") << "undone elsewhere";
    EXPECT_NE(with([](auto& s) { s.steps[0].action["service"] = "shop"; }), "");
    EXPECT_NE(with([](auto& s) { s.steps[0].action = "x"; }), "");
    EXPECT_NE(with([](auto& s) { s.steps[0].artifacts = 2; }), "");
    EXPECT_NE(with([](auto& s) { s.closed[0].to = s.not_after + seconds(1); }), "");
    // The subject is the steps.
    std::string text = serialize(example());
    text.replace(text.find("--to"), 4, "--if");
    EXPECT_EQ(parse_standing(text).error().message(),
              "standing approval: $.subject does not agree with the predicate's steps");
}

TEST(StandingApproval, IsNoApprovalAndAnApprovalIsNone) {
    const fakes::TrustFixture f;
    const std::string text =
        fakes::signed_text(kInTotoPayloadType, serialize(example()), {&f.tom, &f.ben, &f.cat});
    EXPECT_TRUE(verify_standing(f.file, text).ok());
    EXPECT_EQ(verify_approval(f.file, text).error().code(), Code::invalid_argument);
    EXPECT_FALSE(verify_withdrawal(f.file, text).ok());
    EXPECT_FALSE(verify_artifact_statement(f.file, "production", text).ok());
}

TEST(ArtifactStatement, CountsWithTheThresholdOfItsRole) {
    fakes::TrustFixture f;
    const auto one = fakes::test_key(41), two = fakes::test_key(42);
    for (const auto* key : {&one, &two}) {
        f.file.keys.insert_or_assign(key->public_key().id(), TrustedKey{key->public_key(), "build"});
        f.file.roles["artifact/production"].keyids.insert(key->public_key().id());
    }
    ASSERT_TRUE(parse_payload(serialize(f.file)).ok());
    const auto check = [&](std::initializer_list<const crypto::SigningKey*> signers,
                           const char* environment = "production") {
        return verify_artifact_statement(f.file, environment,
                                         fakes::signed_text(kInTotoPayloadType, serialize(build()), signers))
            .ok();
    };
    EXPECT_TRUE(check({&one}));
    EXPECT_FALSE(check({&one}, "staging"));
    EXPECT_FALSE(check({&f.token}));
    EXPECT_FALSE(check({}));
    f.file.roles["artifact/production"].threshold = 2;
    EXPECT_FALSE(check({&one, &one}));
    EXPECT_TRUE(check({&one, &two}));
    ArtifactStatement odd = build();
    odd.format = "zip";
    EXPECT_FALSE(parse_artifact_statement(serialize(odd)).ok());
    odd = build();
    odd.size = 0;
    EXPECT_FALSE(parse_artifact_statement(serialize(odd)).ok());
}

TEST(Withdrawal, IsOneApproversWord) {
    const fakes::TrustFixture f;
    Withdrawal withdrawal{ClusterId{"demo"}, "production",  crypto::sha256("approval"),
                          "web-1.2.3-7",     "a bad build", from_unix_seconds(1'800'000'000)};
    const auto verify = [&](std::initializer_list<const crypto::SigningKey*> signers) {
        return verify_withdrawal(f.file,
                                 fakes::signed_text(kInTotoPayloadType, serialize(withdrawal), signers));
    };
    ASSERT_TRUE(verify({&f.ann}).ok());
    EXPECT_EQ(verify({&f.ann})->kid, f.ann.public_key().id());
    EXPECT_EQ(verify({&f.ann})->withdrawal.reason, "a bad build");
    EXPECT_FALSE(verify({}).ok());
    EXPECT_FALSE(verify({&f.ann, &f.ben}).ok()) << "exactly one, so that there is one reading";
    for (const auto* key : {&f.token, &f.ledger, &f.root1}) EXPECT_FALSE(verify({key}).ok());
    withdrawal.environment = "staging";
    EXPECT_FALSE(verify({&f.ben}).ok()) << "Ben approves for production only";
    withdrawal.environment = "production/owner";
    EXPECT_FALSE(verify({&f.ben}).ok());
    withdrawal.environment = "production";
    withdrawal.cluster_id = ClusterId{"other"};
    EXPECT_FALSE(verify({&f.ann}).ok());
}

}  // namespace
}  // namespace signalbox::trust
