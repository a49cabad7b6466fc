// SPDX-License-Identifier: Apache-2.0
#include "common/os/partial_file.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "common/os/file.hpp"
#include "common/os/random_access.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox::os {
namespace {

TEST(PartialFile, grows_over_several_openings_and_appears_whole_under_its_name) {
    const auto temp = TempDirectory::make().value();
    {
        auto file = PartialFile::open(temp.file("part")).value();
        ASSERT_TRUE(file.write_at(0, as_bytes("hello ")));
    }
    auto file = PartialFile::open(temp.file("part")).value();
    EXPECT_EQ(file.size().value(), 6U);
    ASSERT_TRUE(file.write_at(6, as_bytes("world!")));
    ASSERT_TRUE(file.truncate(11));
    std::array<std::uint8_t, 5> read{};
    EXPECT_EQ(read_at(file.fd(), 6, read).value(), 5U);
    ASSERT_TRUE(file.publish(temp.file("whole"), 0400));
    EXPECT_EQ(read_file(temp.file("whole"), 100).value(), "hello world");
    EXPECT_FALSE(std::filesystem::exists(temp.file("part")));
}

TEST(PartialFile, does_not_follow_a_link_nor_open_a_folder) {
    const auto temp = TempDirectory::make().value();
    std::filesystem::create_symlink(temp.file("elsewhere"), temp.file("link"));
    EXPECT_FALSE(PartialFile::open(temp.file("link")));
    EXPECT_FALSE(std::filesystem::exists(temp.file("elsewhere")));
    EXPECT_FALSE(PartialFile::open(temp.path()));
    EXPECT_FALSE(PartialFile::open(temp.file("nowhere/part")));
}

}  // namespace
}  // namespace signalbox::os
