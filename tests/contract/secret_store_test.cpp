// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/backends.hpp"

namespace signalbox::contract {
namespace {

secret::StoredSecret version(std::int64_t number) {
    return {"production",
            "shop-db",
            number,
            crypto::sha256(std::to_string(number)),
            to_bytes("sealed"),
            from_unix_seconds(1'800'000'000),
            "ada",
            {}};
}

// There is no fake: the service's tests use the real store.
class SecretStoreContract : public ::testing::Test {
  protected:
    secret::SecretStore& store() { return backend_.storage().secrets(); }
    SqliteStorage backend_;
};

TEST_F(SecretStoreContract, keeps_versions_and_never_gives_one_twice) {
    ASSERT_TRUE(store().add(version(1), decision("secret_changed", 1)).ok());
    ASSERT_TRUE(store().add(version(2), decision("secret_changed", 2)).ok());
    EXPECT_EQ(store().add(version(2), decision("secret_changed", 3)).error().code(), Code::conflict);
    backend_.reopen();
    const auto found = store().find("production", "shop-db", 2).value();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->sealed, to_bytes("sealed"));
    EXPECT_EQ(found->commitment, crypto::sha256("2"));
    EXPECT_EQ(found->created_by, "ada");
    EXPECT_FALSE(store().find("staging", "shop-db", 2).value());
}

TEST_F(SecretStoreContract, a_removed_version_is_wiped_and_stays_known) {
    ASSERT_TRUE(store().add(version(1), decision("secret_changed", 1)).ok());
    const Instant when = from_unix_seconds(1'800'000'100);
    ASSERT_TRUE(store().remove(version(1), when, decision("secret_changed", 2)).ok());
    EXPECT_EQ(store().remove(version(1), when, decision("secret_changed", 3)).error().code(),
              Code::not_found);
    backend_.reopen();
    const auto found = store().find("production", "shop-db", 1).value();
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->sealed.empty());
    EXPECT_EQ(found->removed, when);
    const auto listed = store().list().value();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_TRUE(listed[0].removed);
}

}  // namespace
}  // namespace signalbox::contract
