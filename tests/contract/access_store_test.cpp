// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/access_store.hpp"
#include "tests/contract/backends.hpp"

namespace signalbox::contract {
namespace {

struct SqliteBackend : SqliteStorage {
    access::AccessStore& store() { return storage().access(); }
};

template <class Backend>
class AccessStoreContract : public ::testing::Test {
  protected:
    access::AccessStore& store() { return backend_.store(); }
    static access::ApiKey key(const std::string& id, const std::string& name) {
        return {id,
                name,
                {access::Role::approver, access::Role::operator_},
                crypto::sha256("secret of " + id),
                from_unix_seconds(1'800'000'000),
                std::nullopt,
                "k4.pid.x"};
    }
    Backend backend_;
};
using Backends = ::testing::Types<FakeBackend<fakes::FakeAccessStore>, SqliteBackend>;
TYPED_TEST_SUITE(AccessStoreContract, Backends);

TYPED_TEST(AccessStoreContract, KeepsAKeyAsItWasGiven) {
    ASSERT_TRUE(this->store().add(this->key("b0", "zoe"), decision("access_changed")).ok());
    ASSERT_TRUE(this->store().add(this->key("a0", "adam"), decision("access_changed")).ok());
    this->backend_.reopen();
    const auto found = this->store().find("b0").value();
    ASSERT_TRUE(found.has_value());
    const auto expected = this->key("b0", "zoe");
    EXPECT_EQ(found->name, expected.name);
    EXPECT_EQ(found->roles, expected.roles);
    EXPECT_EQ(found->secret_sha256, expected.secret_sha256);
    EXPECT_EQ(found->created, expected.created);
    EXPECT_EQ(found->revoked, std::nullopt);
    EXPECT_EQ(found->approver_kid, expected.approver_kid);
    EXPECT_FALSE(this->store().find("c0").value().has_value());
    const auto all = this->store().list().value();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].id, "b0") << "in the order of creation";
}

TYPED_TEST(AccessStoreContract, AnIdIsNeverUsedAgainAndANameOnlyAfterItsKeyIsRevoked) {
    const auto when = from_unix_seconds(1'800'000'100);
    ASSERT_TRUE(this->store().add(this->key("a0", "adam"), decision("access_changed")).ok());
    EXPECT_EQ(this->store().add(this->key("b0", "adam"), decision("access_changed")).error().code(),
              Code::already_exists);
    EXPECT_EQ(this->store().add(this->key("a0", "eve"), decision("access_changed")).error().code(),
              Code::already_exists);
    EXPECT_EQ(this->store().revoke("x", when, decision("access_changed")).error().code(), Code::not_found);
    ASSERT_TRUE(this->store().revoke("a0", when, decision("access_changed")).ok());
    EXPECT_EQ(this->store().revoke("a0", when, decision("access_changed")).error().code(),
              Code::failed_precondition);
    EXPECT_EQ(this->store().find("a0").value()->revoked, when);
    EXPECT_TRUE(this->store().add(this->key("b0", "adam"), decision("access_changed")).ok());
    EXPECT_EQ(this->store().add(this->key("a0", "eve"), decision("access_changed")).error().code(),
              Code::already_exists);
}

}  // namespace
}  // namespace signalbox::contract
