// SPDX-License-Identifier: Apache-2.0
#include "agent/ipc/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/ipc/frame.hpp"

namespace signalbox::ipc {
namespace {

using ::testing::HasSubstr;

TEST(Frame, length_is_big_endian_and_capped) {
    const auto frame = encode_frame("{}");
    ASSERT_TRUE(frame.ok());
    EXPECT_EQ(*frame, std::string("\0\0\0\2{}", 6));
    EXPECT_EQ(*decode_header({0, 1, 0, 2}), 65538U);
    EXPECT_EQ(decode_header({1, 0, 0, 1}).error().code(), Code::resource_exhausted);
    EXPECT_EQ(decode_header({0, 0, 0, 0}).error().code(), Code::invalid_argument);
}

TEST(Messages, execute_carries_its_bytes_exactly) {
    ExecuteRequest request{
        "v4.public.x", std::string("{\"a\":1}\0\xff", 9), "approval", {{"DB", to_bytes("sealed")}}, {}};
    const auto back = decode_request(encode_request(7, std::move(request)));
    ASSERT_TRUE(back.ok()) << back.error().to_string();
    EXPECT_EQ(back->id, 7);
    const auto& execute = std::get<ExecuteRequest>(back->request);
    EXPECT_EQ(execute.token, "v4.public.x");
    EXPECT_EQ(execute.action, std::string("{\"a\":1}\0\xff", 9));
    EXPECT_EQ(execute.approval, "approval");
}

TEST(Messages, unknown_ops_and_members_are_refused) {
    EXPECT_THAT(decode_request(R"({"id":1,"op":"shell"})").error().message(),
                HasSubstr("unknown op 'shell'"));
    EXPECT_THAT(decode_request(R"({"id":1,"op":"hello","x":1})").error().message(), HasSubstr("x"));
    EXPECT_FALSE(decode_request(R"({"id":1,"id":2,"op":"hello"})").ok());
    EXPECT_FALSE(decode_from_server(R"({"event":"boo"})").ok());
}

TEST(Messages, a_refusal_travels_whole) {
    const auto text = encode_reply(3, ExecuteReply{false, "", "R_REPLAY", 18, "seen before"});
    auto message = decode_from_server(text);
    ASSERT_TRUE(message.ok());
    const auto& reply = std::get<NumberedReply>(*message);
    ASSERT_TRUE(reply.body.ok());
    const auto execute = decode_reply<ExecuteReply>(*reply.body);
    ASSERT_TRUE(execute.ok());
    EXPECT_FALSE(execute->admitted);
    EXPECT_EQ(execute->refusal, "R_REPLAY");
    EXPECT_EQ(execute->number, 18);
}

TEST(Messages, errors_keep_code_and_remedy) {
    auto message =
        decode_from_server(encode_error(9, Error(Code::failed_precondition, "not yet", "Enrol first.")));
    ASSERT_TRUE(message.ok());
    const auto& reply = std::get<NumberedReply>(*message);
    ASSERT_FALSE(reply.body.ok());
    EXPECT_EQ(reply.body.error().code(), Code::failed_precondition);
    EXPECT_EQ(reply.body.error().remedy(), "Enrol first.");
}

TEST(Messages, hello_with_and_without_identity) {
    Hello hello;
    hello.version = "1";
    hello.nonce = "n";
    auto decode = [](const Hello& value) {
        auto message = decode_from_server(encode_reply(1, value));
        return decode_reply<Hello>(*std::get<NumberedReply>(*message).body);
    };
    auto back = decode(hello);
    ASSERT_TRUE(back.ok()) << back.error().to_string();
    EXPECT_FALSE(back->identity.has_value());
    hello.identity = Identity{AgentId("a"), ClusterId("c"), "production", "web-1"};
    hello.pinned = Pinned{"signalbox.dev/c", 5, crypto::sha256("x")};
    hello.trust_expires = from_unix_seconds(2'000'000'000);
    back = decode(hello);
    ASSERT_TRUE(back.ok()) << back.error().to_string();
    EXPECT_EQ(back->identity->environment, "production");
    EXPECT_EQ(back->pinned->root, crypto::sha256("x"));
    EXPECT_EQ(back->trust_expires, hello.trust_expires);
}

}  // namespace
}  // namespace signalbox::ipc
