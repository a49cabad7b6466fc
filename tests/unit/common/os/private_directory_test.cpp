// SPDX-License-Identifier: Apache-2.0
#include "common/os/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/os/temp_directory.hpp"

namespace signalbox::os {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class PrivateDirectoryTest : public ::testing::Test {
  protected:
    void expect_refused(const Status& status, std::string_view why) {
        ASSERT_FALSE(status.ok());
        EXPECT_EQ(status.error().code(), Code::permission_denied);
        EXPECT_THAT(status.error().message(), HasSubstr(why));
        EXPECT_FALSE(status.error().remedy().empty());
    }
    TempDirectory directory_ = TempDirectory::make().value();
    std::string state_ = directory_.file("above/state");
};

TEST_F(PrivateDirectoryTest, MakesAndAcceptsItsOwnAndAgain) {
    ASSERT_TRUE(make_private_directory(state_).ok());
    EXPECT_EQ(fs::status(state_).permissions(), fs::perms::owner_all);
    EXPECT_TRUE(make_private_directory(state_ + "/").ok());
}

TEST_F(PrivateDirectoryTest, RefusesOneThatOthersMayRead) {
    ASSERT_TRUE(make_private_directory(state_).ok());
    fs::permissions(state_, fs::perms(0750));
    expect_refused(check_private_directory(state_), "its mode is 0750");
}

TEST_F(PrivateDirectoryTest, RefusesALinkAlsoWithASlashAtTheEnd) {
    ASSERT_TRUE(make_private_directory(state_).ok());
    const std::string link = directory_.file("link");
    fs::create_directory_symlink(state_, link);
    expect_refused(make_private_directory(link), "symbolic link");
    expect_refused(make_private_directory(link + "/"), "symbolic link");
}

TEST_F(PrivateDirectoryTest, RefusesOneBelowADirectoryThatOthersMayWrite) {
    ASSERT_TRUE(make_private_directory(state_).ok());
    fs::permissions(directory_.file("above"), fs::perms(0777));
    expect_refused(check_private_directory(state_), directory_.file("above"));
    // Reached over a link, the real directory above counts.
    fs::create_directory_symlink(directory_.file("above"), directory_.file("by-link"));
    expect_refused(check_private_directory(directory_.file("by-link/state")), directory_.file("above"));
    fs::permissions(directory_.file("above"), fs::perms(01777));
    EXPECT_TRUE(check_private_directory(state_).ok()) << "sticky: entries of ours cannot be replaced";
}

TEST_F(PrivateDirectoryTest, RefusesAnothersDirectory) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
    ASSERT_TRUE(make_private_directory(state_).ok());
    ASSERT_EQ(::chown(state_.c_str(), 65534, 65534), 0);
    expect_refused(check_private_directory(state_), "belongs to uid 65534");
}

TEST_F(PrivateDirectoryTest, RefusesAFileWithASecondNameOrThatOthersMayWrite) {
    const std::string file = directory_.file("config");
    std::ofstream(file) << "x";
    fs::permissions(file, fs::perms(0640));
    EXPECT_TRUE(check_private_file(file).ok());
    fs::permissions(file, fs::perms(0660));
    expect_refused(check_private_file(file), "0660");
    fs::permissions(file, fs::perms(0600));
    fs::create_hard_link(file, directory_.file("other-name"));
    expect_refused(check_private_file(file), "2 hard links");
    expect_refused(check_private_file(directory_.path()), "not a regular file");
}

}  // namespace
}  // namespace signalbox::os
