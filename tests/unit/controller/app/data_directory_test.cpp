// SPDX-License-Identifier: Apache-2.0
#include "controller/app/data_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/os/file.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox::app {
namespace {

class DataDirectoryTest : public testing::Test {
  protected:
    void write_cluster(const std::string& text) {
        ASSERT_TRUE(os::write_file_atomically(directory.file("cluster.json"), text).ok());
    }
    os::TempDirectory directory = *os::TempDirectory::make();
};

TEST_F(DataDirectoryTest, OpensOneThatInitMadeAndOneControllerAtATime) {
    write_cluster(R"({"cluster_id":"acme-prod","created":"2026-11-23T09:00:00Z"})");
    {
        const auto data = DataDirectory::open(directory.path());
        ASSERT_TRUE(data.ok()) << data.error().to_string();
        EXPECT_EQ(data->cluster().str(), "acme-prod");
        const auto second = DataDirectory::open(directory.path());
        ASSERT_FALSE(second.ok());
        EXPECT_EQ(second.error().code(), Code::conflict);
        EXPECT_NE(second.error().to_string().find("another controller runs on " + directory.path()),
                  std::string::npos);
    }
    EXPECT_TRUE(DataDirectory::open(directory.path()).ok());
}

TEST_F(DataDirectoryTest, WhatIsNotOneIsRefusedWithTheCommandThatHelps) {
    const auto missing = DataDirectory::open(directory.file("none"));
    EXPECT_EQ(missing.error().code(), Code::not_found);
    EXPECT_NE(missing.error().remedy().find("signalbox init --data"), std::string::npos);
    const auto empty = DataDirectory::open(directory.path());
    EXPECT_EQ(empty.error().code(), Code::not_found);
    EXPECT_NE(empty.error().message().find("no cluster.json"), std::string::npos);
    for (const char* text :
         {"", "{}", R"({"cluster_id":"Acme","created":"x"})", R"({"cluster_id":"","created":"x"})",
          R"({"cluster_id":"a","created":"x","extra":1})"}) {
        write_cluster(text);
        EXPECT_EQ(DataDirectory::open(directory.path()).error().code(), Code::invalid_argument) << text;
    }
}

TEST_F(DataDirectoryTest, ALostDatabaseIsNotTakenForOneThatWasNeverMade) {
    write_cluster(R"({"cluster_id":"a","created":"x"})");
    const auto data = DataDirectory::open(directory.path());
    ASSERT_TRUE(data.ok()) << data.error().to_string();
    EXPECT_EQ(data->check_database().error().code(), Code::data_loss);
    EXPECT_NE(data->check_database().error().message().find(data->database() + " is missing"),
              std::string::npos);
    ASSERT_TRUE(os::write_file_atomically(data->database(), "").ok());
    EXPECT_EQ(data->check_database().error().code(), Code::data_loss);
    ASSERT_TRUE(os::write_file_atomically(data->database(), "x").ok());
    EXPECT_TRUE(data->check_database().ok());
    // Fresh from init: the first key waits to be stored.
    std::filesystem::remove(data->database());
    std::filesystem::create_directory(directory.file("access"));
    ASSERT_TRUE(os::write_file_atomically(data->bootstrap(), "{}").ok());
    EXPECT_TRUE(data->check_database().ok());
}

TEST_F(DataDirectoryTest, OneThatOthersMayEnterIsRefused) {
    write_cluster(R"({"cluster_id":"a","created":"x"})");
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
    const auto shared = DataDirectory::open(directory.path());
    EXPECT_EQ(shared.error().code(), Code::permission_denied);
    EXPECT_NE(shared.error().to_string().find("chmod"), std::string::npos) << shared.error().to_string();
}

}  // namespace
}  // namespace signalbox::app
