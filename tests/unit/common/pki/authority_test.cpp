// SPDX-License-Identifier: Apache-2.0
#include "common/pki/authority.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/pki/certificate.hpp"
#include "common/pki/key.hpp"

namespace signalbox::pki {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;

class AuthorityTest : public ::testing::Test {
  protected:
    Authority load(const AuthorityFiles& files) {
        return Authority::load(files.certificate_pem, files.key_pem).value();
    }
    static LeafProfile agent() {
        LeafProfile profile;
        profile.names.uris = {agent_uri("demo", "0e3f")};
        profile.client = true;
        return profile;
    }
    crypto::SystemRandom random_;
    Instant now_ = from_unix_seconds(1'800'000'000) + std::chrono::milliseconds(250);
    AuthorityFiles files_ = create_authority("demo", now_, random_).value();
    Authority authority_ = load(files_);
    KeyAndRequest key_ = make_key_and_request().value();
};

TEST_F(AuthorityTest, IssuesALeafWithExactlyTheNamesOfTheProfile) {
    LeafProfile profile = agent();
    profile.server = true;
    profile.names.dns = {"localhost", "signalbox-controller"};
    profile.names.ips = {"127.0.0.1", "::1"};
    const auto issued = authority_.issue(key_.csr_der, profile, now_, random_);
    ASSERT_TRUE(issued.ok()) << issued.error().to_string();
    const auto info = parse_certificate(issued->certificate_pem);
    ASSERT_TRUE(info.ok());
    EXPECT_EQ(info->names, profile.names);
    EXPECT_EQ(single_uri(*info).value(), "spiffe://demo/agent/0e3f");
    EXPECT_EQ(info->serial, issued->serial);
    EXPECT_EQ(info->not_before, from_unix_seconds(1'800'000'000 - 60));
    EXPECT_EQ(info->not_after, from_unix_seconds(1'800'000'000 + 86'400));
    EXPECT_EQ(info->not_after, issued->not_after);
    EXPECT_FALSE(info->is_ca);
    EXPECT_TRUE(check_pair(issued->certificate_pem, key_.key_pem).ok());
    EXPECT_FALSE(check_pair(issued->certificate_pem, make_key_and_request()->key_pem).ok());
    EXPECT_EQ(issued->serial.size(), 32U);
    EXPECT_NE(authority_.issue(key_.csr_der, profile, now_, random_)->serial, issued->serial);
}

TEST_F(AuthorityTest, ALeafIsAcceptedForItsPurposeAndTimeAndAuthorityOnly) {
    const std::string leaf = authority_.issue(key_.csr_der, agent(), now_, random_)->certificate_pem;
    const std::string& ca = files_.certificate_pem;
    EXPECT_TRUE(check_issued_by(leaf, ca, Purpose::client, now_).ok());
    EXPECT_TRUE(check_issued_by(leaf, ca, Purpose::client, now_ - seconds(59)).ok()) << "backdated";
    EXPECT_EQ(check_issued_by(leaf, ca, Purpose::server, now_).error().code(), Code::refused);
    EXPECT_EQ(check_issued_by(leaf, ca, Purpose::client, now_ + hours(25)).error().code(), Code::refused);
    EXPECT_EQ(check_issued_by(leaf, ca, Purpose::client, now_ - hours(1)).error().code(), Code::refused);
    const auto other = create_authority("demo", now_, random_).value();
    const auto stranger = check_issued_by(leaf, other.certificate_pem, Purpose::client, now_);
    ASSERT_FALSE(stranger.ok());
    EXPECT_EQ(stranger.error().code(), Code::refused);
    // A leaf is not an authority: what it signs counts for nothing.
    EXPECT_FALSE(Authority::load(leaf, key_.key_pem).ok());
}

TEST_F(AuthorityTest, TheAuthorityLivesTenYearsAndItsLeavesEndWithIt) {
    const auto info = parse_certificate(files_.certificate_pem).value();
    EXPECT_TRUE(info.is_ca);
    EXPECT_EQ(std::chrono::round<std::chrono::days>(info.not_after - now_), std::chrono::days(3652));
    const Instant last_hour = info.not_after - hours(1);
    EXPECT_EQ(authority_.issue(key_.csr_der, agent(), last_hour, random_)->not_after, info.not_after);
    const auto late = authority_.issue(key_.csr_der, agent(), info.not_after, random_);
    ASSERT_FALSE(late.ok());
    EXPECT_EQ(late.error().code(), Code::failed_precondition);
}

TEST_F(AuthorityTest, RefusesARequestThatWasChangedOrIsNone) {
    std::string changed = key_.csr_der;
    changed[changed.size() - 3] = static_cast<char>(changed[changed.size() - 3] ^ 1);
    EXPECT_EQ(authority_.issue(changed, agent(), now_, random_).error().code(), Code::refused);
    for (const std::string& bad : {std::string(), std::string("garbage"), key_.csr_der + "x",
                                   key_.csr_der.substr(0, 40), std::string(10'000, '0')})
        EXPECT_EQ(authority_.issue(bad, agent(), now_, random_).error().code(), Code::invalid_argument);
}

TEST_F(AuthorityTest, RefusesNamesThatCouldMeanAnother) {
    const auto refused = [&](const SubjectNames& names) {
        LeafProfile profile = agent();
        profile.names = names;
        const auto issued = authority_.issue(key_.csr_der, profile, now_, random_);
        return !issued.ok() && issued.error().code() == Code::invalid_argument;
    };
    EXPECT_TRUE(refused({}));
    EXPECT_TRUE(refused({{std::string("spiffe://demo/agent/1\0x", 23)}, {}, {}}));
    EXPECT_TRUE(refused({{}, {"a b"}, {}}));
    EXPECT_TRUE(refused({{}, {""}, {}}));
    EXPECT_TRUE(refused({{}, {}, {"300.1.1.1"}}));
    // Configuration syntax is only a strange name, never a second one.
    LeafProfile profile = agent();
    profile.names.dns = {"x,URI:spiffe://demo/controller"};
    const auto issued = authority_.issue(key_.csr_der, profile, now_, random_);
    ASSERT_TRUE(issued.ok());
    EXPECT_EQ(parse_certificate(issued->certificate_pem)->names, profile.names);
    profile.names.uris.push_back(controller_uri("demo"));
    const auto two = authority_.issue(key_.csr_der, profile, now_, random_);
    EXPECT_FALSE(single_uri(parse_certificate(two->certificate_pem).value()).ok());
}

TEST_F(AuthorityTest, GoesBetweenPemAndDerAndRefusesAnythingElse) {
    const std::string der = pem_to_der(files_.certificate_pem).value();
    EXPECT_EQ(der_to_pem(der).value(), files_.certificate_pem);
    EXPECT_EQ(parse_certificate(der)->sha256, crypto::sha256(der));
    EXPECT_FALSE(parse_certificate("").ok());
    EXPECT_FALSE(parse_certificate(der + "x").ok());
    EXPECT_FALSE(parse_certificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").ok());
    EXPECT_FALSE(Authority::load(files_.certificate_pem, key_.key_pem).ok()) << "another's key";
    EXPECT_FALSE(create_authority("Demo/..", now_, random_).ok());
}

}  // namespace
}  // namespace signalbox::pki
