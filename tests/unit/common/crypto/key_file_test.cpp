// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/key_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace signalbox::crypto {
namespace {

class KeyFile : public ::testing::Test {
  protected:
    KeyFile() {
        std::string name = (std::filesystem::temp_directory_path() / "signalbox-key-XXXXXX").string();
        dir_ = ::mkdtemp(name.data());
    }
    ~KeyFile() override { std::filesystem::remove_all(dir_); }
    [[nodiscard]] std::string path(const char* name) const { return (dir_ / name).string(); }

    std::filesystem::path dir_;
};

TEST_F(KeyFile, AServiceKeyComesBackFromDiskAndOnlyTheOwnerCanReadIt) {
    const SigningKey key = SigningKey::generate();
    ASSERT_TRUE(write_secret_file(path("token.key"), key.paserk().expose()));
    struct stat info {};
    ASSERT_EQ(::stat(path("token.key").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600U);
    EXPECT_EQ(load_service_key(path("token.key"))->public_key(), key.public_key());
}

TEST_F(KeyFile, IsNeverOverwritten) {
    ASSERT_TRUE(write_secret_file(path("k"), as_bytes("first")));
    EXPECT_EQ(write_secret_file(path("k"), as_bytes("second")).error().code(), Code::already_exists);
    EXPECT_EQ(to_text(read_secret_file(path("k"))->expose()), "first");
    EXPECT_EQ(write_secret_file(path("no/such/folder"), as_bytes("x")).error().code(), Code::not_found);
}

TEST_F(KeyFile, IsRefusedWhenOthersCanReachIt) {
    ASSERT_TRUE(write_secret_file(path("k"), as_bytes("x")));
    ::chmod(path("k").c_str(), 0640);
    const auto open_to_group = read_secret_file(path("k"));
    EXPECT_EQ(open_to_group.error().code(), Code::permission_denied);
    EXPECT_EQ(open_to_group.error().remedy(), "Run: chmod 600 " + path("k"));

    ::chmod(path("k").c_str(), 0600);
    std::filesystem::create_symlink(path("k"), path("link"));
    EXPECT_EQ(read_secret_file(path("link")).error().code(), Code::permission_denied);
    std::filesystem::create_hard_link(path("k"), path("second"));
    EXPECT_EQ(read_secret_file(path("k")).error().code(), Code::permission_denied);
    ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
    EXPECT_EQ(read_secret_file(path("pipe")).error().code(), Code::invalid_argument);
    EXPECT_EQ(read_secret_file(path("missing")).error().code(), Code::not_found);
}

TEST_F(KeyFile, ErrorsNeverShowTheSecret) {
    ASSERT_TRUE(write_secret_file(path("k"), as_bytes("k4.secret.canary-canary")));
    const auto bad = load_service_key(path("k"));
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().to_string().find("canary"), std::string::npos);
    EXPECT_NE(bad.error().message().find(path("k")), std::string::npos);

    ASSERT_TRUE(write_secret_file(path("pw"), as_bytes("k4.secret-pw.xyz")));
    EXPECT_NE(load_service_key(path("pw")).error().message().find("passphrase"), std::string::npos);
}

TEST(SecretBytes, MovesWithoutLeavingACopy) {
    SecretBytes a = SecretBytes::from_text("secret");
    SecretBytes b = std::move(a);
    EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the promise
    EXPECT_EQ(to_text(b.expose()), "secret");
}

}  // namespace
}  // namespace signalbox::crypto
