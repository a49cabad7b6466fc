// SPDX-License-Identifier: Apache-2.0
#include "controller/api/dispatcher.hpp"

#include "tests/unit/controller/api/fixture.hpp"

namespace signalbox::api {
namespace {

class DispatcherTest : public ApiFixture {
  protected:
    Result<std::string> call(const std::string& method, const std::string& bearer, const std::string& body,
                             Encoding encoding = Encoding::json) {
        std::optional<Result<std::string>> got;
        dispatcher.call("signalbox.v1." + method, bearer, body, encoding,
                        [&](Result<std::string> answer) { got.emplace(std::move(answer)); });
        strand.run_ready();
        if (!got) return Error(Code::deadline_exceeded, "no answer yet");
        return *std::move(got);
    }
};

TEST_F(DispatcherTest, AnswersAKnownKeyInTheEncodingOfTheRequest) {
    EXPECT_EQ(*call("AccessService/WhoAmI", "Bearer audit-key", "{}"), R"({"name":"bob","roles":[]})");
    v1::WhoAmIResponse answer;
    ASSERT_TRUE(
        answer.ParseFromString(*call("AccessService/WhoAmI", "bearer admin-key", "", Encoding::protobuf)));
    EXPECT_EQ(answer.name(), "ann");
}

TEST_F(DispatcherTest, AStrangerLearnsNothingAndReachesNothing) {
    for (const char* bearer : {"", "Bearer", "Bearer ", "Basic admin-key", "admin-key", "Bearer wrong"}) {
        for (const char* method : {"AccessService/RevokeApiKey", "AccessService/NoSuch"}) {
            const auto refused = call(method, bearer, R"({"id":"x"})");
            ASSERT_FALSE(refused.ok()) << bearer;
            EXPECT_EQ(refused.error().code(), Code::unauthenticated) << bearer;
        }
    }
    EXPECT_EQ(revoked, "");
    EXPECT_TRUE(counted("unauthenticated", 12)) << metrics.render();
}

TEST_F(DispatcherTest,
       attack_19_a_missing_role_is_denied_by_name_with_an_alarm_and_the_handler_is_not_called) {
    const auto denied = call("AccessService/RevokeApiKey", "Bearer audit-key", R"({"id":"x"})");
    ASSERT_FALSE(denied.ok());
    EXPECT_EQ(denied.error().code(), Code::permission_denied);
    EXPECT_EQ(
        denied.error().message(),
        "\"bob\" may not call signalbox.v1.AccessService/RevokeApiKey: it needs the role administrator");
    EXPECT_EQ(revoked, "");
    EXPECT_TRUE(counted("denied", 1));
    EXPECT_EQ(alarms, std::vector<std::string>{"bob signalbox.v1.AccessService/RevokeApiKey"});
}

TEST_F(DispatcherTest, RequestsThatDoNotParseSayWhere) {
    for (const char* body : {"", "{", "[]", R"({"id":1})", R"({"idd":"x"})", R"({"id":"a","id":"b"})"}) {
        const auto bad = call("AccessService/RevokeApiKey", "Bearer admin-key", body);
        ASSERT_FALSE(bad.ok()) << body;
        EXPECT_EQ(bad.error().code(), Code::invalid_argument) << body;
        EXPECT_NE(bad.error().message().find("RevokeApiKeyRequest"), std::string::npos);
    }
    EXPECT_FALSE(call("AccessService/RevokeApiKey", "Bearer admin-key", "\x0a\xff", Encoding::protobuf).ok());
    EXPECT_EQ(revoked, "");
}

TEST_F(DispatcherTest, AMethodThatWaitsAnswersWhenItsEventComes) {
    std::optional<Result<std::string>> got;
    dispatcher.call("signalbox.v1.ReleaseService/Get", "Bearer audit-key", "{}", Encoding::json,
                    [&](Result<std::string> answer) { got.emplace(std::move(answer)); });
    strand.run_ready();
    ASSERT_TRUE(waiting);
    EXPECT_FALSE(got);
    // The strand is free meanwhile.
    EXPECT_TRUE(call("AccessService/WhoAmI", "Bearer audit-key", "{}").ok());
    v1::GetReleaseResponse answer;
    answer.mutable_release()->set_release_id("payments-1.0.0-1");
    waiting(answer);
    ASSERT_TRUE(got && got->ok());
    EXPECT_NE((**got).find("payments-1.0.0-1"), std::string::npos);
}

}  // namespace
}  // namespace signalbox::api
