// SPDX-License-Identifier: Apache-2.0
#include "controller/app/server_certificate.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/os/file.hpp"
#include "common/os/temp_directory.hpp"
#include "common/pki/certificate.hpp"
#include "tests/fakes/fixed_random.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace signalbox::app {
namespace {

class ServerCertificateTest : public testing::Test {
  protected:
    ServerCertificate make(const std::vector<std::string>& hosts = {"0.0.0.0", "deploy.example",
                                                                    "192.0.2.7"}) {
        return {directory.path(), controller_names("test", hosts), *ca, random};
    }
    fakes::ManualClock clock;
    fakes::FixedRandom random;
    os::TempDirectory directory = *os::TempDirectory::make();
    std::unique_ptr<ClusterCa> ca = new_authority();
    std::unique_ptr<ClusterCa> new_authority() {
        const auto files = *pki::create_authority("test", clock.now(), random);
        EXPECT_TRUE(os::write_file_atomically(directory.file("ca.crt"), files.certificate_pem).ok());
        EXPECT_TRUE(
            os::write_file_atomically(directory.file("ca.key"), to_text(files.key_pem.expose())).ok());
        return std::move(ClusterCa::load(directory.path(), random, clock.now())).value();
    }
};

TEST_F(ServerCertificateTest, IsIssuedOnceAndRenewedAtHalfItsLife) {
    auto certificate = make();
    const auto first = certificate.ensure(clock.now());
    ASSERT_TRUE(first.ok()) << first.error().to_string();
    EXPECT_TRUE(first->renewed);
    EXPECT_EQ(*os::read_file(certificate.certificate_path(), 1 << 16), first->chain_pem);
    const auto names = pki::parse_certificate(first->chain_pem)->names;
    EXPECT_EQ(names.uris, (std::vector<std::string>{"spiffe://test/controller"}));
    EXPECT_EQ(names.dns, (std::vector<std::string>{"localhost", "signalbox-controller", "deploy.example"}));
    EXPECT_EQ(names.ips, (std::vector<std::string>{"127.0.0.1", "::1", "192.0.2.7"}));

    const auto half = std::chrono::minutes(720);  // in minutes: a tenth of it is no whole hour
    EXPECT_GE(first->renew_at - clock.now(), half - half / 10 - std::chrono::minutes(2));
    EXPECT_LE(first->renew_at - clock.now(), half + half / 10);
    clock.advance(std::chrono::hours(10));
    EXPECT_FALSE(certificate.ensure(clock.now())->renewed);
    clock.advance(std::chrono::hours(4));
    const auto second = certificate.ensure(clock.now());
    EXPECT_TRUE(second->renewed);
    EXPECT_NE(second->chain_pem, first->chain_pem);
    EXPECT_EQ(*os::read_file(certificate.key_path(), 1 << 16), second->key_pem);
    EXPECT_EQ(std::filesystem::read_symlink(directory.file("live")), "2");
}

TEST_F(ServerCertificateTest, OtherNamesATornPairOrAnotherAuthorityMeanANewOne) {
    ASSERT_TRUE(make().ensure(clock.now()).ok());
    EXPECT_TRUE(make({"other.example"}).ensure(clock.now())->renewed);
    auto certificate = make({"other.example"});
    ASSERT_TRUE(os::write_file_atomically(directory.file("live/server.key"), "torn").ok());
    EXPECT_TRUE(certificate.ensure(clock.now())->renewed);
    ca = new_authority();
    auto by_another = make({"other.example"});
    EXPECT_TRUE(by_another.ensure(clock.now())->renewed);
    // Old generations do not pile up.
    for (int i = 0; i < 5; ++i) {
        clock.advance(std::chrono::hours(14));
        ASSERT_TRUE(by_another.ensure(clock.now())->renewed);
    }
    int generations = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
        generations += entry.is_directory() && !entry.is_symlink() ? 1 : 0;
    }
    EXPECT_LE(generations, 3);
}

}  // namespace
}  // namespace signalbox::app
