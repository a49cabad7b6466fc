// SPDX-License-Identifier: Apache-2.0
// Standing approvals from a release that people know to what hosts accept.
#include <gmock/gmock.h>

#include "common/trust/standing.hpp"
#include "common/trust/withdrawal.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/keyring.hpp"
#include "controller/cli/standing_template.hpp"
#include "signalbox/v1/operator.pb.h"
#include "tests/unit/controller/cli/cli_fixture.hpp"
#include "tests/unit/controller/cli/plan_fixture.hpp"

namespace signalbox::cli {
namespace {

using testing::HasSubstr;

class StandingCommands : public testing::Test {
  protected:
    void SetUp() override {
        person_.has_credentials();
        pass_ = person_.write("pass", "correct horse battery\n");
        for (const char* name : {"alice", "builder", "stranger"})
            ASSERT_EQ(person_.run({"key", "new", name, "--passphrase-file", pass_}), kOk) << person_.err.text;
        json::Json& activate = plan_["environments"][1]["steps"][1];
        activate["action"]["argv"] = {"/opt/shop/switch", "--to=1.1.0", "21.1.0"};
        activate["action_sha256"] = crypto::sha256(json::canonical(activate["action"])).hex();
        person_.api.on<v1::WhoAmIRequest, v1::WhoAmIResponse>("AccessService/WhoAmI", [](const auto&) {
            v1::WhoAmIResponse answer;
            answer.set_name("rita");
            return answer;
        });
        person_.api.on<v1::GetApprovalsRequest, v1::GetApprovalsResponse>(
            "ReleaseService/GetApprovals", [this](const auto&) {
                v1::GetApprovalsResponse answer;
                answer.set_plan(json::canonical(plan_));
                return answer;
            });
        trust_.cluster_id = ClusterId("acme");
        const std::pair<const char*, const char*> holders[] = {{"alice", "approve/production/operations"},
                                                               {"builder", "artifact/production"}};
        for (const auto& [name, role] : holders) {
            const auto key = ring().find(name)->key;
            trust_.keys.insert_or_assign(key.id(), trust::TrustedKey{key, name});
            trust_.roles[role].keyids.insert(key.id());
        }
    }
    [[nodiscard]] Keyring ring() const { return {person_.file(".config/signalbox/keys"), ""}; }
    [[nodiscard]] std::string file() const { return person_.file("shop.standing"); }
    [[nodiscard]] std::string text(const std::string& path) const { return *read_file(path, 4 << 20); }
    int create(std::vector<std::string> more = {}) {
        std::vector<std::string> words = {"approval",      "standing",   "create",       "shop-1.1.0-7",
                                          "--environment", "production", "--name",       "shop-patches",
                                          "--out",         file(),       "--patch-from", "1"};
        words.insert(words.end(), more.begin(), more.end());
        return person_.run(words);
    }
    int with_key(std::vector<std::string> words, const std::string& key) {
        for (const std::string& word : {std::string("--key"), key, std::string("--passphrase-file"), pass_})
            words.push_back(word);
        return person_.run(words);
    }
    int sign(const std::string& key = "alice") {
        return with_key({"approval", "standing", "sign", file(), "--yes"}, key);
    }

    Person person_;
    std::string pass_;
    json::Json plan_ = sample_plan_json();
    trust::TrustFile trust_;
};

TEST_F(StandingCommands, ACoveredReleaseOfTheSameStepsIsWhatHostsAccept) {
    ASSERT_EQ(create({"--uses", "4", "--for", "60d"}), kOk) << person_.err.text;
    EXPECT_THAT(person_.err.text, HasSubstr("1.1.x from 1.1.1 on, no pre-release"));
    EXPECT_THAT(person_.err.text, HasSubstr("4 releases on each host"));
    EXPECT_THAT(person_.err.text, HasSubstr(R"(--to=${release.version}","21.1.0")"))
        << "a version is a hole where it stands alone";
    EXPECT_EQ(create(), kFailed) << "never written over";
    EXPECT_FALSE(trust::verify_standing(trust_, text(file())).ok());
    ASSERT_EQ(sign(), kOk) << person_.err.text;
    EXPECT_THAT(person_.err.text, HasSubstr("Standing approval shop-patches"));
    ASSERT_EQ(sign(), kOk) << "once more replaces the signature";
    const auto standing = trust::verify_standing(trust_, text(file()));
    ASSERT_TRUE(standing) << standing.error().to_string();
    EXPECT_EQ(standing->requester_name, "rita");

    const std::string archive = person_.write("shop.tar.gz", std::string("\x1f\x8b\x08", 3) + "bits");
    const std::string statement = person_.file("shop.statement");
    ASSERT_EQ(with_key({"artifact", "sign", archive, "--cluster", "acme", "--service", "shop", "--version",
                        "1.1.2", "--out", statement},
                       "builder"),
              kOk)
        << person_.err.text;
    const auto under = trust::open_under(trust_, text(file()), text(statement));
    ASSERT_TRUE(under) << under.error().to_string();
    EXPECT_EQ(under->patch, 2);
    EXPECT_EQ(with_key({"artifact", "sign", archive, "--cluster", "acme", "--service", "shop", "--version",
                        "1.1.3", "--out", statement},
                       "builder"),
              kFailed)
        << "a statement about something else is not written over";

    // The next release, as the controller would plan it.
    trust::Approval next = sample_approval(plan_, "production", person_.clock.at);
    next.release_id = ReleaseId("shop-1.1.2-8");
    next.release_counter = 8;
    next.standing = under->digest;
    for (auto& step : next.steps) {
        for (const auto& allowed : under->standing.steps) {
            if (allowed.step_id != step.step_id) continue;
            step.action_sha256 = crypto::sha256(trust::fill(allowed, under->artifact));
            if (allowed.artifacts > 0) step.artifact_sha256 = {under->artifact.sha256};
        }
    }
    EXPECT_TRUE(trust::covers(trust_, *under, next).ok())
        << trust::covers(trust_, *under, next).error().to_string();
}

TEST_F(StandingCommands, RevokingIsSignedByTheApprover) {
    ASSERT_EQ(create(), kOk) << person_.err.text;
    ASSERT_EQ(sign(), kOk);
    std::vector<v1::RevokeStandingRequest> sent;
    person_.api.on<v1::RevokeStandingRequest, v1::RevokeStandingResponse>(
        "ReleaseService/RevokeStanding", [&](const auto& request) {
            sent.push_back(request);
            return v1::RevokeStandingResponse();
        });
    ASSERT_EQ(with_key({"approval", "standing", "revoke", file(), "--yes", "--reason", "enough"}, "alice"),
              kOk)
        << person_.err.text;
    ASSERT_EQ(sent.size(), 1U);
    const auto verified = trust::verify_withdrawal(trust_, sent[0].withdrawal());
    ASSERT_TRUE(verified) << verified.error().to_string();
    EXPECT_EQ(verified->withdrawal.name, "shop-patches");
    EXPECT_EQ(verified->withdrawal.approval_sha256,
              trust::approval_digest(dsse::parse(sent[0].standing())->payload));
}

TEST_F(StandingCommands, WhatCannotBeOneIsRefused) {
    EXPECT_NE(create({"--for", "91d"}), kOk);
    EXPECT_EQ(create({"--uses", "0"}), kUsage);
    EXPECT_NE(create({"--hours", "whenever"}), kOk);
    EXPECT_FALSE(path_exists(file()));
    ASSERT_EQ(create({"--own-key", "alice"}), kOk) << person_.err.text;
    EXPECT_EQ(sign(), kRefused) << "her own";
    std::string changed = text(file());
    changed.insert(changed.find('{') + 1, R"("more":1,)");
    ASSERT_TRUE(replace_file(file(), changed, 0644).ok());
    EXPECT_EQ(sign("stranger"), kUsage) << person_.err.text;
    EXPECT_EQ(person_.run({"release", "plan", "releases/x.yaml", "--standing", file()}), kUsage)
        << "without the artifact's statement";
}

TEST(StandingTemplate, IsOfOneServiceAndWithoutHolesAlready) {
    json::Json plan = sample_plan_json();
    std::vector<trust::StandingStep> steps;
    ASSERT_TRUE(add_steps(*read_plan(json::canonical(plan)), "production", steps).ok());
    EXPECT_EQ(steps.size(), 3U);
    ASSERT_TRUE(add_steps(*read_plan(json::canonical(plan)), "production", steps).ok());
    EXPECT_EQ(steps.size(), 3U) << "the same once more adds nothing";
    EXPECT_EQ(steps[2].action["of"], "production/web-1/activate");
    json::Json odd = plan;
    json::Json& activate = odd["environments"][1]["steps"][1];
    activate["action"]["argv"] = {"echo", "${release.version}"};
    activate["action_sha256"] = crypto::sha256(json::canonical(activate["action"])).hex();
    EXPECT_EQ(add_steps(*read_plan(json::canonical(odd)), "production", steps).error().code(),
              Code::failed_precondition);
    plan["services"].push_back({{"name", "blog"}, {"version", "2"}, {"commit", "c0ffee"}});
    EXPECT_EQ(add_steps(*read_plan(json::canonical(plan)), "production", steps).error().code(),
              Code::failed_precondition);
}

TEST(StandingTemplate, ClosedTimesOfTwoListsBecomeOne) {
    const auto at = [](int s) { return from_unix_seconds(1'800'000'000 + s); };
    const auto merged = merge_closed({{at(0), at(10), "a"}, {at(20), at(30), "b"}},
                                     {{at(5), at(15), "c"}, {at(22), at(25), "d"}, {at(30), at(40), "e"}});
    ASSERT_EQ(merged.size(), 4U);
    EXPECT_EQ(merged[1], (trust::ClosedTime{at(10), at(15), "c"}));
    EXPECT_EQ(merged[2], (trust::ClosedTime{at(20), at(30), "b"}));
    EXPECT_EQ(merged[3], (trust::ClosedTime{at(30), at(40), "e"}));
}

}  // namespace
}  // namespace signalbox::cli
