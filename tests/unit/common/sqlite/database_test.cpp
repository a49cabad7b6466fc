// SPDX-License-Identifier: Apache-2.0
#include "common/sqlite/database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "common/sqlite/migration.hpp"

namespace signalbox::sqlite {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class DatabaseTest : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "signalbox-sqlite-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        directory_ = name;
        path_ = name + "/store.sqlite3";
    }
    void TearDown() override { fs::remove_all(directory_); }

    Database open() {
        auto opened = Database::open(path_);
        EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().to_string());
        return std::move(opened).value();
    }
    static std::int64_t number(Database& database, std::string_view sql) {
        auto statement = database.prepare(sql);
        EXPECT_TRUE(statement.ok());
        return statement->first([](const Row& row) { return row.integer(0); }).value().value_or(-1);
    }

    fs::path directory_;
    std::string path_;
};

TEST_F(DatabaseTest, KeepsEveryTypeAcrossReopening) {
    {
        Database database = open();
        ASSERT_TRUE(database.execute("CREATE TABLE t(i INTEGER, s TEXT, b BLOB, n TEXT) STRICT").ok());
        const Bytes blob{0, 255, 7};
        auto changed = database.run("INSERT INTO t VALUES(?,?,?,?)", std::int64_t{-5}, std::string("a\0b", 3),
                                    blob, std::optional<std::string>());
        ASSERT_TRUE(changed.ok());
        EXPECT_EQ(*changed, 1);
        ASSERT_TRUE(
            database
                .run("INSERT INTO t VALUES(?,?,?,?)", std::uint64_t{9}, std::string_view(), ByteView(), "x")
                .ok());
    }
    Database database = open();
    auto rows = database.prepare("SELECT i,s,b,n FROM t ORDER BY i");
    ASSERT_TRUE(rows.ok());
    int seen = 0;
    ASSERT_TRUE(rows->each([&](const Row& row) -> Status {
                        if (seen++ == 0) {
                            EXPECT_EQ(row.integer(0), -5);
                            EXPECT_EQ(row.text(1), std::string("a\0b", 3));
                            EXPECT_EQ(row.blob(2), (Bytes{0, 255, 7}));
                            EXPECT_EQ(row.optional_text(3), std::nullopt);
                        } else {
                            EXPECT_FALSE(row.is_null(1)) << "an empty text is not NULL";
                            EXPECT_FALSE(row.is_null(2)) << "an empty blob is not NULL";
                            EXPECT_EQ(row.optional_text(3), "x");
                        }
                        return {};
                    })
                    .ok());
    EXPECT_EQ(seen, 2);
}

TEST_F(DatabaseTest, IsDurableAndPrivate) {
    Database database = open();
    EXPECT_EQ(number(database, "PRAGMA synchronous"), 2) << "FULL";
    EXPECT_EQ(number(database, "PRAGMA foreign_keys"), 1);
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(DatabaseTest, UndoesATransactionThatWasNotCommitted) {
    Database database = open();
    ASSERT_TRUE(database.execute("CREATE TABLE t(i INTEGER) STRICT").ok());
    {
        auto transaction = database.begin();
        ASSERT_TRUE(transaction.ok());
        EXPECT_EQ(database.begin().error().code(), Code::internal) << "transactions do not nest";
        ASSERT_TRUE(database.execute("INSERT INTO t VALUES(1)").ok());
    }
    EXPECT_FALSE(database.in_transaction());
    EXPECT_EQ(number(database, "SELECT count(*) FROM t"), 0);
}

TEST_F(DatabaseTest, NamesAFullDiskAndKeepsTheOldState) {
    Database database = open();
    ASSERT_TRUE(database.execute("CREATE TABLE t(s TEXT) STRICT; INSERT INTO t VALUES('old')").ok());
    ASSERT_TRUE(database.execute("PRAGMA max_page_count=4").ok());
    auto transaction = database.begin();
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(database.execute("UPDATE t SET s='new'").ok());
    auto failed = database.run("INSERT INTO t VALUES(?)", std::string(1 << 20, 'x'));
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code(), Code::resource_exhausted);
    EXPECT_THAT(failed.error().message(), HasSubstr(path_));
    EXPECT_THAT(failed.error().remedy(), HasSubstr("Free space"));
    EXPECT_FALSE(transaction->commit().ok()) << "half a change must not be kept";
    EXPECT_EQ(number(database, "SELECT s='old' FROM t"), 1);
    // The file is still good once there is room.
    ASSERT_TRUE(database.execute("PRAGMA max_page_count=100000").ok());
    EXPECT_TRUE(database.run("INSERT INTO t VALUES(?)", std::string(1 << 20, 'x')).ok());
}

TEST_F(DatabaseTest, RefusesWhatIsNotADatabaseAndLeavesItAsItIs) {
    const std::string content(8192, 'n');
    std::ofstream(path_) << content;
    auto opened = Database::open(path_);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), Code::data_loss);
    EXPECT_THAT(opened.error().message(), HasSubstr(path_));
    std::ifstream file(path_);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), content);
}

TEST_F(DatabaseTest, RefusesADamagedPage) {
    {
        Database database = open();
        ASSERT_TRUE(database.execute("CREATE TABLE t(s TEXT) STRICT").ok());
        for (int i = 0; i < 200; ++i)
            ASSERT_TRUE(database.run("INSERT INTO t VALUES(?)", std::string(500, 'y')).ok());
        ASSERT_TRUE(database.checkpoint().ok());
    }
    {
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096);
        file << std::string(4096, '\xee');
    }
    auto opened = Database::open(path_);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), Code::data_loss);
    EXPECT_THAT(opened.error().remedy(), HasSubstr("restore"));
}

TEST_F(DatabaseTest, RefusesALogWhoseFileIsGone) {
    std::ofstream(path_ + "-wal") << "committed work";
    auto opened = Database::open(path_);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), Code::data_loss);
    EXPECT_FALSE(fs::exists(path_));
}

TEST_F(DatabaseTest, DoesNotCreateWhenToldNotTo) {
    auto opened = Database::open(path_, {.create = false});
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code(), Code::not_found);
    EXPECT_FALSE(fs::exists(path_));
}

TEST_F(DatabaseTest, TellsADuplicateFromAnotherBrokenRule) {
    Database database = open();
    ASSERT_TRUE(database.execute("CREATE TABLE t(i INTEGER PRIMARY KEY, s TEXT NOT NULL) STRICT").ok());
    ASSERT_TRUE(database.run("INSERT INTO t VALUES(1,'a')").ok());
    EXPECT_EQ(database.run("INSERT INTO t VALUES(1,'b')").error().code(), Code::already_exists);
    EXPECT_EQ(database.run("INSERT INTO t VALUES(2,NULL)").error().code(), Code::failed_precondition);
    EXPECT_EQ(database.run("INSERT INTO t VALUES('x','b')").error().code(), Code::failed_precondition);
    EXPECT_EQ(database.run("INSERT INTO t VALUES(?,?,?)", 3, "c", "d").error().code(), Code::internal);
}

TEST_F(DatabaseTest, CopiesItselfWholeWhileInUse) {
    Database database = open();
    ASSERT_TRUE(database.execute("CREATE TABLE t(i INTEGER) STRICT; INSERT INTO t VALUES(7)").ok());
    const std::string copy = (directory_ / "copy.sqlite3").string();
    ASSERT_TRUE(database.backup_to(copy).ok());
    auto opened = Database::open(copy);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(number(*opened, "SELECT i FROM t"), 7);
    EXPECT_FALSE(database.backup_to(copy).ok()) << "an existing file is not overwritten";
}

constexpr std::array kFirst{Migration{"table", "CREATE TABLE t(i INTEGER) STRICT; INSERT INTO t VALUES(1)"}};
constexpr std::array kSecond{kFirst[0], Migration{"column", "ALTER TABLE t ADD COLUMN j INTEGER"}};
constexpr std::array kBroken{kFirst[0],
                             Migration{"broken", "INSERT INTO t VALUES(2); SELECT * FROM nothing"}};

TEST_F(DatabaseTest, MigratesInOrderOnceAndKeepsTheData) {
    Database database = open();
    ASSERT_TRUE(migrate(database, {77, "test store", kFirst}).ok());
    ASSERT_TRUE(migrate(database, {77, "test store", kSecond}).ok());
    ASSERT_TRUE(migrate(database, {77, "test store", kSecond}).ok());
    EXPECT_EQ(number(database, "SELECT count(*) FROM t WHERE j IS NULL"), 1);
    EXPECT_EQ(number(database, "PRAGMA user_version"), 2);
}

TEST_F(DatabaseTest, ABrokenMigrationLeavesThePreviousVersionWhole) {
    Database database = open();
    ASSERT_TRUE(migrate(database, {77, "test store", kFirst}).ok());
    const Status failed = migrate(database, {77, "test store", kBroken});
    ASSERT_FALSE(failed.ok());
    EXPECT_THAT(failed.error().message(), HasSubstr("schema step 2 (broken) of test store"));
    EXPECT_EQ(number(database, "PRAGMA user_version"), 1);
    EXPECT_EQ(number(database, "SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, RefusesANewerSchemaAndAForeignFile) {
    Database database = open();
    ASSERT_TRUE(migrate(database, {77, "test store", kSecond}).ok());
    EXPECT_EQ(migrate(database, {77, "test store", kFirst}).error().code(), Code::failed_precondition);
    const Status foreign = migrate(database, {78, "journal", kSecond});
    ASSERT_FALSE(foreign.ok());
    EXPECT_THAT(foreign.error().message(), HasSubstr("is not a journal"));
}

}  // namespace
}  // namespace signalbox::sqlite
