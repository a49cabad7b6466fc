// SPDX-License-Identifier: Apache-2.0
#include "common/join/join_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/encoding.hpp"

namespace signalbox::join {
namespace {

JoinLine example() {
    JoinLine line;
    line.address = "signal.example:7443";
    line.ca_der = to_bytes("a certificate");
    line.cluster = ClusterId("acme");
    line.environment = "production";
    line.host = "web-3";
    line.id = "0123456789abcdef";
    line.secret = crypto::SecretBytes(Bytes(kSecretBytes, 0x5a));
    line.trust_sha256 = crypto::sha256("trust");
    return line;
}

TEST(JoinLine, SurvivesBeingPastedWithWhiteSpaceAround) {
    const auto read = parse("  " + to_text(example()) + "\r\n");
    ASSERT_TRUE(read.ok()) << read.error().to_string();
    EXPECT_EQ(read->address, "signal.example:7443");
    EXPECT_EQ(read->ca_der, to_bytes("a certificate"));
    EXPECT_EQ(read->cluster, ClusterId("acme"));
    EXPECT_EQ(read->environment, "production");
    EXPECT_EQ(read->host, "web-3");
    EXPECT_EQ(read->id, "0123456789abcdef");
    EXPECT_TRUE(crypto::constant_time_equal(read->secret.expose(), Bytes(kSecretBytes, 0x5a)));
    EXPECT_EQ(read->trust_sha256, crypto::sha256("trust"));
}

TEST(JoinLine, RefusesWhatIsNotExactlyOneWithoutQuotingTheSecret) {
    const std::string good = to_text(example());
    JoinLine short_secret = example();
    short_secret.secret = crypto::SecretBytes(Bytes(31, 0x5a));
    JoinLine no_host = example();
    no_host.host.clear();
    JoinLine wrong_id = example();
    wrong_id.id = "0123456789ABCDEF";
    for (const std::string& bad :
         {std::string(), std::string("sbj1."), good.substr(1), good.substr(0, good.size() - 3), good + "=",
          "sbj1." + crypto::to_base64url(as_bytes("{}")), to_text(short_secret), to_text(no_host),
          to_text(wrong_id), "sbj1." + std::string(9000, 'A')}) {
        const auto read = parse(bad);
        ASSERT_FALSE(read.ok()) << bad;
        EXPECT_EQ(read.error().code(), Code::invalid_argument);
        EXPECT_FALSE(read.error().remedy().empty());
        EXPECT_THAT(read.error().to_string(),
                    testing::Not(testing::HasSubstr(crypto::to_base64url(Bytes(30, 0x5a)))));
    }
}

TEST(JoinLine, ProofNamesClusterTokenRequestAndKey) {
    EXPECT_EQ(proof_message(ClusterId("acme"), "0123456789abcdef", crypto::sha256("csr"), "k4.pid.x"),
              "signalbox/enrol/v1\nacme\n0123456789abcdef\n" + crypto::sha256("csr").hex() + "\nk4.pid.x");
}

}  // namespace
}  // namespace signalbox::join
