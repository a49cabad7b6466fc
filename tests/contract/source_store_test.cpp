// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/backends.hpp"
#include "tests/fakes/estate_source_store.hpp"

namespace signalbox::contract {
namespace {

struct SqliteBackend : SqliteStorage {
    estate::SourceStore& store() { return storage().source(); }
};

template <class Backend>
class SourceStoreContract : public ::testing::Test {
  protected:
    Backend backend_;
};
using Backends = ::testing::Types<FakeBackend<fakes::MemorySourceStore>, SqliteBackend>;
TYPED_TEST_SUITE(SourceStoreContract, Backends);

TYPED_TEST(SourceStoreContract, RemembersTheLastOne) {
    EXPECT_FALSE(this->backend_.store().load().value().has_value());
    ASSERT_TRUE(this->backend_.store().save({"/a", "main"}, decision("estate_source_changed")).ok());
    const estate::Source second{"git@host:\"quoted\"/grün", "v1", {"the CA\n", "host key\n"}};
    ASSERT_TRUE(this->backend_.store().save(second, decision("estate_source_changed")).ok());
    this->backend_.reopen();
    EXPECT_EQ(this->backend_.store().load().value(), second);
}

}  // namespace
}  // namespace signalbox::contract
