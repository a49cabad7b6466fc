// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/peer.hpp"

#include <gtest/gtest.h>

#include "common/rpc/status.hpp"

namespace signalbox::rpc {
namespace {

const ClusterId kCluster("demo");
const std::string kUuid = "0a1b2c3d-0000-4000-8000-00000000000f";

TEST(Peer, IsExactlyOneWellFormedName) {
    const auto id = agent_from_uris(kCluster, {"spiffe://demo/agent/" + kUuid});
    ASSERT_TRUE(id.ok());
    EXPECT_EQ(id->str(), kUuid);
    const std::vector<std::vector<std::string>> bad = {
        {},
        {"spiffe://demo/agent/" + kUuid, "spiffe://demo/agent/" + kUuid},
        {"spiffe://demo/agent/" + kUuid + "/"},
        {"spiffe://demo/agent/" + kUuid.substr(1)},
        {"spiffe://demo/agent/1"},
        {"spiffe://demo/agent/../" + kUuid},
        {"spiffe://demo2/agent/" + kUuid},
        {"spiffe://DEMO/agent/" + kUuid},
        {"SPIFFE://demo/agent/" + kUuid},
        {"spiffe://demo/agent/0A1B2C3D-0000-4000-8000-00000000000F"},
        {std::string("spiffe://demo/agent/") + kUuid + '\0'},
        {"spiffe://demo/controller"},
    };
    for (const auto& uris : bad) {
        const auto refused = agent_from_uris(kCluster, uris);
        ASSERT_FALSE(refused.ok()) << testing::PrintToString(uris);
        EXPECT_EQ(refused.error().code(), Code::unauthenticated);
    }
}

TEST(Peer, AddressIsWithoutThePort) {
    EXPECT_EQ(peer_address("ipv4:192.0.2.7:5040"), "192.0.2.7");
    EXPECT_EQ(peer_address("ipv6:[2001:db8::1]:5040"), "[2001:db8::1]");
}

TEST(RpcStatus, KeepsCodeMessageAndRemedyAcrossTheWire) {
    for (const Code code :
         {Code::invalid_argument, Code::not_found, Code::permission_denied, Code::unauthenticated,
          Code::unavailable, Code::resource_exhausted, Code::data_loss, Code::cancelled}) {
        const Error back = from_grpc(to_grpc(Error(code, "what", "do this")));
        EXPECT_EQ(back.code(), code);
        EXPECT_EQ(back.message(), "what");
        EXPECT_EQ(back.remedy(), "do this");
    }
}

}  // namespace
}  // namespace signalbox::rpc
