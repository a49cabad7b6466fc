// SPDX-License-Identifier: Apache-2.0
#include "common/http/address_rule.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

namespace signalbox::http {
namespace {

bool allowed(const AddressRule& rule, const char* text) {
    sockaddr_storage storage{};
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        std::memcpy(&storage, &v4, sizeof v4);
    } else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        std::memcpy(&storage, &v6, sizeof v6);
    } else {
        ADD_FAILURE() << text << " is not an address";
    }
    return rule.allows(reinterpret_cast<const sockaddr*>(&storage));
}

TEST(AddressRule, PublicOnlyRefusesEveryWayToNameAnInnerHost) {
    const auto rule = AddressRule::public_only();
    for (const char* text : {"127.0.0.1",
                             "127.255.0.9",
                             "0.0.0.0",
                             "10.1.2.3",
                             "172.31.0.1",
                             "192.168.1.1",
                             "169.254.169.254",
                             "100.64.0.1",
                             "224.0.0.1",
                             "255.255.255.255",
                             "198.18.0.1",
                             "::",
                             "::1",
                             "fd00::1",
                             "fe80::1",
                             "fec0::1",
                             "ff02::1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "::127.0.0.1",
                             "64:ff9b::7f00:1",
                             "2002:7f00:1::",
                             "2001:0:1::1",
                             "2001:db8::1",
                             "100::1"}) {
        EXPECT_FALSE(allowed(rule, text)) << text;
    }
    for (const char* text : {"1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"}) {
        EXPECT_TRUE(allowed(rule, text)) << text;
    }
}

TEST(AddressRule, AnAllowedNetworkOpensItselfAndNothingElse) {
    const auto rule =
        AddressRule::public_only({*Network::parse("10.20.0.0/16"), *Network::parse("fd00:1::/32")});
    EXPECT_TRUE(allowed(rule, "10.20.255.1"));
    EXPECT_TRUE(allowed(rule, "fd00:1::7"));
    EXPECT_FALSE(allowed(rule, "10.21.0.1"));
    EXPECT_FALSE(allowed(rule, "fd00:2::7"));
    EXPECT_FALSE(allowed(rule, "127.0.0.1"));
}

TEST(AddressRule, OtherFamiliesAreNeverAllowed) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    EXPECT_FALSE(AddressRule::any().allows(reinterpret_cast<const sockaddr*>(&local)));
    EXPECT_FALSE(AddressRule::any().allows(nullptr));
}

TEST(Network, RefusesWhatIsNotOne) {
    for (const char* text :
         {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "::1/129", "a/8", "10.0.0.0/8x", "/8"}) {
        const auto network = Network::parse(text);
        ASSERT_FALSE(network.ok()) << text;
        EXPECT_EQ(network.error().code(), Code::invalid_argument);
    }
    EXPECT_TRUE(Network::parse("0.0.0.0/0").ok());
    EXPECT_TRUE(Network::parse("192.0.2.7").ok());
}

}  // namespace
}  // namespace signalbox::http
