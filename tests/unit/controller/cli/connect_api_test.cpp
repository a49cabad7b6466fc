// SPDX-License-Identifier: Apache-2.0
// Connect-protocol calls over real TLS on the loopback address.
#include "controller/cli/connect_api.hpp"

#include <gmock/gmock.h>

#include <map>

#include "common/crypto/random.hpp"
#include "common/http/server.hpp"
#include "common/pki/authority.hpp"
#include "common/pki/key.hpp"
#include "controller/cli/exit_code.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

using testing::HasSubstr;

class Controller : public testing::Test {
  protected:
    void SetUp() override {
        const auto files = *pki::create_authority("test", now_, random_);
        const auto authority = *pki::Authority::load(files.certificate_pem, files.key_pem);
        const auto request = *pki::make_key_and_request();
        pki::LeafProfile profile;
        profile.names.ips = {"127.0.0.1"};
        profile.server = true;
        const auto leaf = *authority.issue(request.csr_der, profile, now_, random_);
        auto started = http::Server::start({}, {leaf.certificate_pem, to_text(request.key_pem.expose())},
                                           [this](http::ServerRequest got, const http::Respond& respond) {
                                               seen_ = std::move(got);
                                               respond(answer_);
                                           });
        ASSERT_TRUE(started) << started.error().to_string();
        server_ = *std::move(started);
        credentials_ = {"https://127.0.0.1:" + std::to_string(server_->port()), files.certificate_pem,
                        "sbk_key"};
        v1::WhoAmIResponse me;
        me.set_name("carol");
        answer_.content_type = "application/proto";
        answer_.body = me.SerializeAsString();
    }
    Result<v1::WhoAmIResponse> who_am_i() {
        const auto api = make_connect_api(credentials_);
        return ask<v1::WhoAmIResponse>(*api, "AccessService/WhoAmI", v1::WhoAmIRequest());
    }
    Instant now_ = SystemClock().now();
    crypto::SystemRandom random_;
    Credentials credentials_;
    http::ServerResponse answer_;
    http::ServerRequest seen_;  // written before the answer, read after it
    std::unique_ptr<http::Server> server_;
};

TEST_F(Controller, IsCalledAsConnectSays) {
    const auto me = who_am_i();
    ASSERT_TRUE(me) << me.error().to_string();
    EXPECT_EQ(me->name(), "carol");
    EXPECT_EQ(seen_.method, "POST");
    EXPECT_EQ(seen_.path, "/signalbox.v1.AccessService/WhoAmI");
    EXPECT_EQ(seen_.header("content-type"), "application/proto");
    EXPECT_EQ(seen_.header("authorization"), "Bearer sbk_key");
    EXPECT_EQ(seen_.header("connect-timeout-ms"), "30000");
}

TEST_F(Controller, ThatRefusesIsUnderstood) {
    answer_.status = 401;
    answer_.content_type = "application/json";
    answer_.body = R"({"code":"unauthenticated","message":"unknown key"})";
    const auto refused = who_am_i();
    ASSERT_FALSE(refused);
    EXPECT_EQ(exit_code_of(refused.error().code()), kRefused);
    EXPECT_THAT(refused.error().remedy(), HasSubstr("access key create"));
}

TEST_F(Controller, ThatIsSomethingElseIsNotBelieved) {
    answer_.content_type = "text/html";
    EXPECT_EQ(who_am_i().error().code(), Code::data_loss);
    answer_.content_type = "application/proto";
    answer_.body = "\xff\xff";
    EXPECT_EQ(who_am_i().error().code(), Code::data_loss);
}

TEST_F(Controller, OfAnotherAuthorityGetsNoApiKey) {
    credentials_.ca_pem = pki::create_authority("test", now_, random_)->certificate_pem;
    const auto refused = who_am_i();
    ASSERT_FALSE(refused);
    EXPECT_EQ(exit_code_of(refused.error().code()), kRefused) << refused.error().to_string();
    EXPECT_EQ(seen_.path, "");
}

TEST_F(Controller, ThatIsDownIsNotReachable) {
    server_.reset();
    const auto down = who_am_i();
    ASSERT_FALSE(down);
    EXPECT_EQ(exit_code_of(down.error().code()), kUnreachable);
    EXPECT_NE(down.error().remedy(), "");
}

}  // namespace
}  // namespace signalbox::cli
