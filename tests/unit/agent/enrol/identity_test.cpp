// SPDX-License-Identifier: Apache-2.0
#include "agent/enrol/identity.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/os/file.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox::enrol {
namespace {

namespace fs = std::filesystem;

TEST(IdentityStore, SaysHowToEnrolWhenNobodyDid) {
    const os::TempDirectory directory = os::TempDirectory::make().value();
    const IdentityStore store(directory.path());
    EXPECT_FALSE(store.enrolled());
    EXPECT_EQ(store.load().error().code(), Code::failed_precondition);
    EXPECT_NE(store.load().error().remedy().find("signalbox-agent enrol"), std::string::npos);
}

TEST(IdentityStore, KeepsWhoWeAreAndRefusesDamage) {
    const os::TempDirectory directory = os::TempDirectory::make().value();
    const IdentityStore store(directory.path());
    ASSERT_TRUE(store.save({AgentId("a"), ClusterId("demo"), "production", "web-1", "c:7443"}).ok());
    const auto loaded = store.load();
    ASSERT_TRUE(loaded.ok());
    EXPECT_EQ(loaded->agent_id, AgentId("a"));
    EXPECT_EQ(loaded->address, "c:7443");
    ASSERT_TRUE(os::write_file_atomically(directory.file("identity"), "{\"agent_id\":\"a\"}").ok());
    EXPECT_EQ(store.load().error().code(), Code::invalid_argument);
}

TEST(IdentityStore, KeyAndCertificateChangeTogetherAndOldOnesGo) {
    const os::TempDirectory directory = os::TempDirectory::make().value();
    const IdentityStore store(directory.path());
    for (const std::string n : {"1", "2", "3", "4"}) {
        ASSERT_TRUE(store.install({"key " + n, "certificate " + n, "ca"}).ok());
        EXPECT_EQ(store.certificate_pem().value(), "certificate " + n);
        EXPECT_EQ(os::read_file(store.tls_files().key, 100).value(), "key " + n);
    }
    const auto kept = std::distance(fs::directory_iterator(directory.file("pki")), fs::directory_iterator());
    EXPECT_EQ(kept, 3) << "the link, the newest and the one before";
    EXPECT_EQ(fs::status(store.tls_files().key).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
}

}  // namespace
}  // namespace signalbox::enrol
