// SPDX-License-Identifier: Apache-2.0
#include "agent/link/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace signalbox::link {
namespace {

using testing::HasSubstr;
const Ourselves kOurselves{AgentId("a"), "1", "web-1"};

ipc::Hello executor_of(const std::string& agent) {
    ipc::Hello hello;
    hello.identity = ipc::Identity{AgentId(agent), ClusterId("demo"), "production", "web-1"};
    hello.nonce = "nonce";
    hello.next_seq = 9;
    hello.oldest_seq = 4;
    return hello;
}

TEST(AgentHello, SaysWhatTheExecutorSays) {
    const v1::Hello hello = hello_message(kOurselves, executor_of("a")).hello();
    EXPECT_TRUE(hello.executor_connected());
    EXPECT_EQ(hello.nonce(), "nonce");
    EXPECT_EQ(hello.oldest_seq(), 4U);
    EXPECT_EQ(hello.next_seq(), 9U);
}

TEST(AgentHello, NamesWhyNoStepCanRun) {
    const v1::Hello gone = hello_message(kOurselves, Error(Code::not_found, "no socket")).hello();
    EXPECT_FALSE(gone.executor_connected());
    EXPECT_THAT(gone.executor_problem(), HasSubstr("no socket"));
    const v1::Hello other = hello_message(kOurselves, executor_of("b")).hello();
    EXPECT_FALSE(other.executor_connected());
    EXPECT_EQ(other.nonce(), "") << "no token for another agent's executor";
    EXPECT_THAT(other.executor_problem(), HasSubstr("another enrolment"));
}

TEST(AgentWire, AnUnreachedExecutorIsNotARefusalOfItsOwn) {
    const auto result = execute_message("d", Error(Code::unavailable, "gone")).execute_result();
    EXPECT_FALSE(result.admitted());
    EXPECT_EQ(result.refusal(), "unavailable");
    EXPECT_EQ(query_message("d", Error(Code::unavailable, "gone")).query_result().state(),
              v1::QueryResult::STATE_UNAVAILABLE);
}

TEST(AgentWire, RefusesReceiptsAndArtifactsThatAreNone) {
    v1::Receipts receipts;
    receipts.add_receipts()->add_proof("31 bytes are not a hash");
    EXPECT_FALSE(receipts_request(receipts).ok());
    v1::Receipts huge;
    huge.add_receipts()->set_seq(~0ULL);
    EXPECT_FALSE(receipts_request(huge).ok());
    v1::Execute execute;
    execute.add_artifacts()->set_sha256("../../etc/passwd");
    EXPECT_FALSE(artifacts_of(execute).ok());
}

}  // namespace
}  // namespace signalbox::link
