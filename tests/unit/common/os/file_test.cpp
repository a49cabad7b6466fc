// SPDX-License-Identifier: Apache-2.0
#include "common/os/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/os/lock_file.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox::os {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
  protected:
    TempDirectory directory_ = TempDirectory::make().value();
    std::string path_ = directory_.file("state.json");
};

TEST_F(FileTest, ReplacesAFileWholeAndLeavesNothingBeside) {
    ASSERT_TRUE(write_file_atomically(path_, "old", 0644).ok());
    ASSERT_TRUE(write_file_atomically(path_, "new").ok());
    EXPECT_EQ(read_file(path_, 100).value(), "new");
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), fs::directory_iterator()), 1);
}

TEST_F(FileTest, AFailedWriteKeepsTheOldContentAndNoTemporaryFile) {
    // /dev/full behaves as a full disk; a path that is a directory fails at the rename.
    fs::create_directory(path_);
    const Status failed = write_file_atomically(path_, "new");
    ASSERT_FALSE(failed.ok());
    EXPECT_THAT(failed.error().message(), HasSubstr(path_));
    EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), fs::directory_iterator()), 1);
    const UniqueFd full(::open("/dev/full", O_WRONLY));
    const Status no_space = write_all(full.get(), "x", "/dev/full");
    ASSERT_FALSE(no_space.ok());
    EXPECT_EQ(no_space.error().code(), Code::resource_exhausted);
    EXPECT_THAT(no_space.error().remedy(), HasSubstr("Free space"));
}

TEST_F(FileTest, ReadsNoMoreThanTheCapAndNoLinkNoFifoNoDirectory) {
    std::ofstream(path_) << "12345";
    EXPECT_EQ(read_file(path_, 5).value(), "12345");
    EXPECT_EQ(read_file(path_, 4).error().code(), Code::resource_exhausted);
    EXPECT_EQ(read_file(path_ + "x", 4).error().code(), Code::not_found);
    fs::create_symlink(path_, directory_.file("link"));
    EXPECT_EQ(read_file(directory_.file("link"), 5).error().code(), Code::permission_denied);
    ASSERT_EQ(::mkfifo(directory_.file("fifo").c_str(), 0600), 0);
    EXPECT_EQ(read_file(directory_.file("fifo"), 5).error().code(), Code::invalid_argument);
    EXPECT_EQ(read_file(directory_.path(), 5).error().code(), Code::invalid_argument);
}

TEST_F(FileTest, FlipsALinkAndRefusesToReplaceAnythingElse) {
    const std::string link = directory_.file("current");
    ASSERT_TRUE(replace_link("releases/1", link).ok());
    ASSERT_TRUE(replace_link("releases/2", link).ok());
    EXPECT_EQ(fs::read_symlink(link), "releases/2");
    std::ofstream(path_) << "precious";
    EXPECT_EQ(replace_link("x", path_).error().code(), Code::already_exists);
    EXPECT_EQ(read_file(path_, 100).value(), "precious");
}

TEST_F(FileTest, OneProcessHoldsTheLockAndTheOtherLearnsWho) {
    {
        const auto first = LockFile::acquire(path_);
        ASSERT_TRUE(first.ok());
        const auto second = LockFile::acquire(path_);
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().code(), Code::conflict);
        EXPECT_THAT(second.error().message(), HasSubstr(std::to_string(::getpid())));
    }
    EXPECT_TRUE(LockFile::acquire(path_).ok());
}

TEST_F(FileTest, KnowsTheFreeSpace) {
    EXPECT_GT(free_space(directory_.path()).value(), 0U);
    EXPECT_FALSE(free_space(path_).ok());
}

}  // namespace
}  // namespace signalbox::os
