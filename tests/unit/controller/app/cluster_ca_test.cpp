// SPDX-License-Identifier: Apache-2.0
#include "controller/app/cluster_ca.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/os/file.hpp"
#include "common/os/private_directory.hpp"
#include "common/os/temp_directory.hpp"
#include "common/pki/certificate.hpp"
#include "tests/fakes/fixed_random.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace signalbox::app {
namespace {

class ClusterCaTest : public testing::Test {
  protected:
    ClusterCaTest() {
        EXPECT_TRUE(os::write_file_atomically(folder.file("cluster.json"), R"({"cluster_id":"test"})").ok());
        EXPECT_TRUE(os::make_private_directory(pki).ok());
        const auto files = *pki::create_authority("test", clock.now(), random);
        EXPECT_TRUE(os::write_file_atomically(pki + "/ca.crt", files.certificate_pem).ok());
        EXPECT_TRUE(os::write_file_atomically(pki + "/ca.key", to_text(files.key_pem.expose())).ok());
        ca = load();
    }
    std::unique_ptr<ClusterCa> load() { return std::move(ClusterCa::load(pki, random, clock.now())).value(); }
    std::string bundle() { return *os::read_file(ca->bundle_path(), 1 << 16); }

    fakes::ManualClock clock;
    fakes::FixedRandom random;
    os::TempDirectory folder = *os::TempDirectory::make();
    std::string pki = folder.file("pki");
    std::unique_ptr<ClusterCa> ca;
};

TEST_F(ClusterCaTest, OneThatOurPortsWouldNotAcceptIsNotPrepared) {
    const std::string first = ca->present().fingerprint();
    std::filesystem::remove(ca->bundle_path());
    std::filesystem::create_directory(ca->bundle_path());
    EXPECT_FALSE(ca->prepare(clock.now()).ok());
    EXPECT_EQ(ca->next(), nullptr);
    clock.advance(ClusterCa::kSettled);
    EXPECT_EQ(ca->issuing(clock.now()).fingerprint(), first);
    std::filesystem::remove(ca->bundle_path());
    EXPECT_TRUE(ca->prepare(clock.now()).ok()) << "and the next try is a new one";
}

TEST_F(ClusterCaTest, BothCountDuringAChangeAndTheNextOneIssuesOnceThePortsKnow) {
    const std::string first = ca->present().fingerprint();
    EXPECT_EQ(ca->next(), nullptr);
    EXPECT_FALSE(ca->retire().ok());
    ASSERT_TRUE(ca->prepare(clock.now()).ok());
    EXPECT_EQ(ca->prepare(clock.now()).error().code(), Code::already_exists);
    EXPECT_EQ(pki::split_pem(bundle()).size(), 2U);
    EXPECT_EQ(ca->issuing(clock.now()).fingerprint(), first);
    clock.advance(ClusterCa::kSettled);
    const std::string second = ca->next()->fingerprint();
    EXPECT_EQ(ca->issuing(clock.now()).fingerprint(), second);
    EXPECT_EQ(ca->present().fingerprint(), first) << "our own certificate stays the old one's";
    // A restart in the middle changes nothing.
    ca = load();
    EXPECT_EQ(ca->issuing(clock.now()).fingerprint(), second);
    ASSERT_TRUE(ca->retire().ok());
    EXPECT_EQ(ca->present().fingerprint(), second);
    EXPECT_EQ(ca->next(), nullptr);
    EXPECT_EQ(pki::split_pem(bundle()).size(), 1U);
    EXPECT_EQ(pki::split_pem(ca->succession_pem()).size(), 1U);
    EXPECT_EQ(pki::split_pem(ca->loopback_pem()).size(), 2U);
    ca = load();
    EXPECT_EQ(ca->present().fingerprint(), second);
    EXPECT_EQ(pki::split_pem(ca->succession_pem()).size(), 1U);
    ASSERT_TRUE(ca->prepare(clock.now()).ok());
    ASSERT_TRUE(ca->retire().ok());
    EXPECT_EQ(pki::split_pem(ca->succession_pem()).size(), 2U);
    clock.advance(std::chrono::days(4000));
    ca = load();
    EXPECT_TRUE(ca->succession_pem().empty()) << "nobody trusts those any more";
}

TEST_F(ClusterCaTest, WhatACrashCutShortIsForgottenOrFinished) {
    const std::string first = ca->present().fingerprint();
    ASSERT_TRUE(ca->prepare(clock.now()).ok());
    const std::string second = ca->next()->fingerprint();
    // Before the certificate was written: nobody was told of it.
    std::filesystem::rename(pki + "/next/ca.crt", folder.file("kept"));
    ca = load();
    EXPECT_EQ(ca->next(), nullptr);
    EXPECT_EQ(ca->present().fingerprint(), first);
    EXPECT_FALSE(std::filesystem::exists(pki + "/next"));
    // Between the two moves of a retirement.
    ASSERT_TRUE(ca->prepare(clock.now()).ok());
    const std::string third = ca->next()->fingerprint();
    std::filesystem::rename(pki + "/next/ca.key", pki + "/ca.key");
    ca = load();
    EXPECT_EQ(ca->present().fingerprint(), third);
    EXPECT_NE(third, second);
    EXPECT_FALSE(std::filesystem::exists(pki + "/next"));
}

}  // namespace
}  // namespace signalbox::app
