// SPDX-License-Identifier: Apache-2.0
#include "common/secret/secret.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/crypto/encoding.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox::secret {
namespace {

using ::testing::HasSubstr;

class Counting final : public crypto::Random {
  public:
    void fill(std::span<std::uint8_t> out) override {
        for (auto& byte : out) byte = next_++;
    }

  private:
    std::uint8_t next_ = 0;
};

class SecretTest : public ::testing::Test {
  protected:
    Secret secret(std::string_view value) {
        return Secret::make(crypto::SecretBytes::from_text(value), random).value();
    }
    Counting random;
    crypto::SealingKey host = crypto::SealingKey::generate(random);
    crypto::SealingKey other = crypto::SealingKey::generate(random);
};

TEST_F(SecretTest, only_the_host_opens_it_and_only_the_approved_value_counts) {
    const Secret one = secret("correct horse"), two = secret("another horse");
    const References references = {{"DB_PASSWORD", {"db", 3, one.commitment()}}};
    auto opened = open_all(references, {{"DB_PASSWORD", one.seal(host.public_key())}}, host);
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    EXPECT_EQ(to_text(opened->at("DB_PASSWORD").expose()), "correct horse");

    const auto refused = [&](const Sealed& sealed) {
        const auto result = open_all(references, sealed, host);
        return result ? std::string("opened") : result.error().message();
    };
    EXPECT_THAT(refused({{"DB_PASSWORD", two.seal(host.public_key())}}),
                HasSubstr("not the one that was approved"));
    // The same value under another salt is another secret.
    EXPECT_THAT(refused({{"DB_PASSWORD", secret("correct horse").seal(host.public_key())}}),
                HasSubstr("not the one that was approved"));
    EXPECT_THAT(refused({{"DB_PASSWORD", one.seal(other.public_key())}}), HasSubstr("for another key"));
    EXPECT_THAT(refused({}), HasSubstr("did not come"));
    EXPECT_THAT(
        refused({{"DB_PASSWORD", one.seal(host.public_key())}, {"MORE", one.seal(host.public_key())}}),
        HasSubstr("does not name"));
    Bytes changed = one.seal(host.public_key());
    changed.back() ^= 1U;
    EXPECT_THAT(refused({{"DB_PASSWORD", changed}}), HasSubstr("was changed"));
}

TEST_F(SecretTest, the_commitment_is_the_published_one) {
    // SHA-256 of "signalbox/secret/v1\n", 32 salt bytes and the value; computed with sha256sum.
    Counting fresh;
    const Secret made = Secret::make(crypto::SecretBytes::from_text("correct horse"), fresh).value();
    EXPECT_EQ(made.commitment().hex(), "ea9a29f560fa3e97d4e15d562046c5da451e0e6df3e0508ca1d3226023e2b1dc");
}

TEST_F(SecretTest, values_have_a_length_that_can_be_found_again) {
    EXPECT_FALSE(Secret::make(crypto::SecretBytes::from_text("1234567"), random).ok());
    EXPECT_TRUE(Secret::make(crypto::SecretBytes::from_text("12345678"), random).ok());
    EXPECT_FALSE(Secret::make(crypto::SecretBytes(kMostValue + 1), random).ok());
}

TEST_F(SecretTest, a_key_of_low_order_is_refused) {
    EXPECT_FALSE(crypto::SealingPublic::from_bytes(Bytes(32, 0)).ok());
    EXPECT_FALSE(crypto::SealingPublic::from_bytes(Bytes(31, 9)).ok());
    EXPECT_TRUE(crypto::SealingPublic::from_bytes(host.public_key().view()).ok());
}

TEST_F(SecretTest, a_key_is_made_once_and_kept_private) {
    const auto folder = std::move(os::TempDirectory::make()).value();
    const std::string path = folder.file("sealing.key");
    const auto made = crypto::SealingKey::load_or_make(path, random);
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    EXPECT_EQ(crypto::SealingKey::load_or_make(path, random)->public_key(), made->public_key());
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
}

TEST_F(SecretTest, names_are_names_of_files) {
    for (const char* good : {"DB_PASSWORD", "tls.key", "_x"}) EXPECT_TRUE(is_local_name(good)) << good;
    for (const char* bad : {"", "..", ".hidden", "a/b", "-o", "1st", "a b", "a\n"})
        EXPECT_FALSE(is_local_name(bad)) << bad;
    EXPECT_TRUE(is_name("shop-db.password"));
    EXPECT_FALSE(is_name("../db"));
}

}  // namespace
}  // namespace signalbox::secret
