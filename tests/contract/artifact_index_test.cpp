// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/artifact_index.hpp"
#include "tests/contract/backends.hpp"

namespace signalbox::contract {
namespace {

struct SqliteBackend : SqliteStorage {
    artifact::ArtifactIndex& store() { return storage().artifacts(); }
};

template <class Backend>
class ArtifactIndexContract : public ::testing::Test {
  protected:
    artifact::ArtifactIndex& store() { return backend_.store(); }
    static artifact::ArtifactRecord record(const std::string& content, int added, std::string source = "up") {
        return {crypto::sha256(content), 1ULL << 40, "tar.zst", from_unix_seconds(1'800'000'000 + added),
                std::move(source)};
    }
    Backend backend_;
};
using Backends = ::testing::Types<FakeBackend<fakes::MemoryArtifactIndex>, SqliteBackend>;
TYPED_TEST_SUITE(ArtifactIndexContract, Backends);

TYPED_TEST(ArtifactIndexContract, TheFirstRecordOfADigestStays) {
    ASSERT_TRUE(this->store().add(this->record("a", 1, "first")).ok());
    ASSERT_TRUE(this->store().add(this->record("a", 2, "second")).ok());
    this->backend_.reopen();
    EXPECT_EQ(this->store().find(crypto::sha256("a")).value(), this->record("a", 1, "first"));
    EXPECT_FALSE(this->store().find(crypto::sha256("b")).value().has_value());
    EXPECT_FALSE(this->store().find_source("second").value().has_value());
}

TYPED_TEST(ArtifactIndexContract, ListsNewestFirstThenByDigestAndFindsTheNewestOfASource) {
    for (const auto& record : {this->record("a", 1, "s"), this->record("b", 3, "t"),
                               this->record("c", 2, "s"), this->record("d", 2, "u")})
        ASSERT_TRUE(this->store().add(record).ok());
    const auto all = this->store().list(10).value();
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].source, "t");
    EXPECT_LT(all[1].sha256, all[2].sha256);
    EXPECT_EQ(all[3].sha256, crypto::sha256("a"));
    EXPECT_EQ(this->store().list(1).value().size(), 1U);
    EXPECT_EQ(this->store().find_source("s").value()->sha256, crypto::sha256("c"));
}

}  // namespace
}  // namespace signalbox::contract
