// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/tls.hpp"

#include <gtest/gtest.h>

namespace signalbox::rpc {
namespace {

TEST(Tls, AMissingFileIsNamedInsteadOfServingWithoutIt) {
    const auto refused = server_credentials({"/nowhere/key", "/nowhere/crt", "/nowhere/ca"});
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message().find("/nowhere/key"), std::string::npos);
    EXPECT_FALSE(client_credentials({"/nowhere/key", "/nowhere/crt", "/nowhere/ca"}).ok());
}

}  // namespace
}  // namespace signalbox::rpc
