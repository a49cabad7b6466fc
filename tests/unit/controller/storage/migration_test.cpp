// SPDX-License-Identifier: Apache-2.0
// A store that an earlier version wrote is opened, and what is in it is read as it was.
#include <gmock/gmock.h>

#include "common/os/temp_directory.hpp"
#include "controller/storage/schema.hpp"
#include "controller/storage/storage.hpp"

namespace signalbox::storage {
namespace {

// Before standing approvals and withdrawals.
constexpr std::size_t kBefore = 5;

TEST(Migration, AStoreOfBeforeStandingApprovalsIsOpened) {
    const os::TempDirectory directory = os::TempDirectory::make().value();
    const std::string path = directory.file("store.sqlite3");
    {
        sqlite::Schema old = schema();
        ASSERT_GT(old.migrations.size(), kBefore);
        old.migrations = old.migrations.first(kBefore);
        sqlite::Database database = sqlite::Database::open(path).value();
        ASSERT_TRUE(sqlite::migrate(database, old).ok());
        ASSERT_TRUE(
            database
                .execute("INSERT INTO releases(id, counter, name, version, services, plan, spec, created)"
                         " VALUES ('shop-1.0.0-1', 1, 'shop', '1.0.0', '[\"shop\"]', '{}', '{}', 0);"
                         "INSERT INTO approvals(release_id, environment, position, payload, envelope)"
                         " VALUES ('shop-1.0.0-1', 'staging', 0, 'payload s', 'envelope s'),"
                         " ('shop-1.0.0-1', 'production', 1, 'payload p', 'envelope p');")
                .ok());
    }
    const auto read = [](Storage& storage) {
        const auto opened = storage.releases().open();
        ASSERT_TRUE(opened) << opened.error().to_string();
        EXPECT_TRUE(opened->withdrawals.empty());
        ASSERT_EQ(opened->unfinished.size(), 1U);
        EXPECT_THAT(opened->unfinished[0].fixed.approvals,
                    testing::ElementsAre(dispatch::ApprovalDocument{ReleaseId("shop-1.0.0-1"), "staging",
                                                                    "payload s", "envelope s", "", ""},
                                         dispatch::ApprovalDocument{ReleaseId("shop-1.0.0-1"), "production",
                                                                    "payload p", "envelope p", "", ""}));
    };
    for (int times = 0; times < 2; ++times) {
        const auto storage = Storage::open(path);
        ASSERT_TRUE(storage) << storage.error().to_string();
        read(**storage);
    }
    // And the program of before does not open what it does not know.
    sqlite::Schema old = schema();
    old.migrations = old.migrations.first(kBefore);
    sqlite::Database database = sqlite::Database::open(path).value();
    EXPECT_EQ(sqlite::migrate(database, old).error().code(), Code::failed_precondition);
}

}  // namespace
}  // namespace signalbox::storage
