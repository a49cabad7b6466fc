// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/join_tokens.hpp"

#include <gmock/gmock.h>

#include "common/crypto/encoding.hpp"
#include "tests/unit/controller/fleet/server/fleet_fixture.hpp"

namespace signalbox::fleet {
namespace {

using JoinTokens = Fleet;

JoinRequest good() {
    JoinRequest request;
    request.environment = "production";
    request.host = "web-2";
    request.labels = {{"socket", "/run/haproxy.sock"}};
    request.by = "admin";
    return request;
}

TEST_F(JoinTokens, TheSecretIsShownOnceAndKeptOnlyHashed) {
    fakes::FixedRandom random;
    const auto made = create_join_token(good(), {cluster, "c:7443", to_bytes("ca")}, store, ledger, trust,
                                        random, clock.now());
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    const JoinToken& kept = store.tokens().at(made->line.id);
    EXPECT_EQ(kept.secret_sha256, crypto::sha256(made->line.secret.expose()));
    EXPECT_EQ(made->line.trust_sha256, crypto::sha256("trust 1"));
    EXPECT_EQ(kept.expires, clock.now() + std::chrono::minutes(10));
    const std::string secret = crypto::to_base64url(made->line.secret.expose());
    EXPECT_THAT(store.entries().back().envelope, testing::Not(testing::HasSubstr(secret)));
    EXPECT_EQ(store.entries().back().kind, "decision:join_token_created");
}

TEST_F(JoinTokens, WithoutATrustFileThereIsNothingToPin) {
    fakes::FixedRandom random;
    trust.version = 0;
    const auto made = create_join_token(good(), {cluster, "c:7443", to_bytes("ca")}, store, ledger, trust,
                                        random, clock.now());
    EXPECT_EQ(made.error().code(), Code::failed_precondition);
    EXPECT_TRUE(store.tokens().empty());
}

// Using the token bans the host's live identity for good: nobody does that by mistake.
TEST_F(JoinTokens, ForAHostThatIsEnrolledReplacementMustBeMeant) {
    fakes::FixedRandom random;
    const auto create = [&](bool replace, const std::string& environment = "production") {
        JoinRequest request = good();
        request.host = info.host;
        request.replace = replace;
        request.environment = environment;
        return create_join_token(request, {cluster, "c:7443", to_bytes("ca")}, store, ledger, trust, random,
                                 clock.now());
    };
    const auto refused = create(false);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), Code::already_exists);
    EXPECT_THAT(refused.error().message(), testing::HasSubstr(agent.str()));
    EXPECT_THAT(refused.error().remedy(), testing::HasSubstr("--replace"));
    EXPECT_TRUE(store.tokens().empty());
    EXPECT_TRUE(create(true).ok());
    EXPECT_TRUE(create(false, "staging").ok()) << "another environment's host of that name is another host";
}

TEST(JoinRequestRules, NamesAndLabelsAreCheckedBeforeTheyAreOnEveryScreen) {
    EXPECT_TRUE(check_join_request(good()).ok());
    const auto refused = [](auto change) {
        JoinRequest request = good();
        change(request);
        const Status checked = check_join_request(request);
        return !checked.ok() && checked.error().code() == Code::invalid_argument &&
               !checked.error().remedy().empty();
    };
    EXPECT_TRUE(refused([](JoinRequest& r) { r.host = ""; }));
    EXPECT_TRUE(refused([](JoinRequest& r) { r.host = "<img onerror=x>"; }));
    EXPECT_TRUE(refused([](JoinRequest& r) { r.host = std::string(64, 'a'); }));
    EXPECT_TRUE(refused([](JoinRequest& r) { r.environment = "../x"; }));
    EXPECT_TRUE(refused([](JoinRequest& r) { r.labels["a b"] = "x"; }));
    EXPECT_TRUE(refused([](JoinRequest& r) { r.labels["x"] = "\x1b[31m"; }));
    EXPECT_TRUE(refused([](JoinRequest& r) { r.labels["x"] = std::string(257, 'x'); }));
    EXPECT_TRUE(refused([](JoinRequest& r) { r.ttl = std::chrono::hours(24 * 8); }));
    EXPECT_TRUE(refused([](JoinRequest& r) { r.ttl = std::chrono::seconds(0); }));
}

}  // namespace
}  // namespace signalbox::fleet
