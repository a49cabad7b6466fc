// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "common/os/temp_directory.hpp"
#include "controller/estate/git_repository.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "tests/support/estate/git_fixture.hpp"

namespace signalbox::estate {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Git : public ::testing::Test {
  protected:
    os::TempDirectory temp_ = os::TempDirectory::make().value();
    fakes::ManualClock clock_;
    support::GitFixture origin_{temp_.file("origin.git")};
    GitCache cache_{{temp_.file("cache"), {}}, clock_};

    Result<std::vector<TreeFile>> read(const std::string& commit, const std::string& folder = "",
                                       const TreeLimits& limits = {}) {
        return cache_.read(
            origin_.path(), commit, folder, [](std::string_view) { return true; }, limits);
    }
};

TEST_F(Git, reads_the_files_of_a_branch_a_tag_and_a_commit) {
    const auto first = origin_.commit({{"a.yaml", {"one"}}});
    origin_.commit({{"a.yaml", {"tagged"}}}, "refs/tags/v1");
    EXPECT_EQ(cache_.resolve(origin_.path(), "main").value(), first);
    const auto second =
        origin_.commit({{"a.yaml", {"two"}}, {"x/b.sh", {"run", GIT_FILEMODE_BLOB_EXECUTABLE}}});
    EXPECT_EQ(cache_.resolve(origin_.path(), "main").value(), second) << "a new commit is fetched";
    EXPECT_EQ(cache_.resolve(origin_.path(), "refs/heads/main").value(), second);
    EXPECT_EQ(cache_.resolve(origin_.path(), first).value(), first);
    const auto files = read(second).value();
    ASSERT_EQ(files.size(), 2U);
    EXPECT_EQ(files[0].content, "two");
    EXPECT_EQ(files[1].path, "x/b.sh");
    EXPECT_EQ(files[1].kind, TreeFile::Kind::executable);
    EXPECT_EQ(read(second, "x").value().at(0).path, "b.sh");
    EXPECT_EQ(read(cache_.resolve(origin_.path(), "v1").value()).value().at(0).content, "tagged");
}

TEST_F(Git, a_branch_that_was_deleted_is_gone) {
    origin_.commit({{"a", {"one"}}});
    origin_.commit({{"a", {"two"}}}, "refs/heads/old");
    ASSERT_TRUE(cache_.resolve(origin_.path(), "old"));
    origin_.remove("refs/heads/old");
    const auto gone = cache_.resolve(origin_.path(), "old");
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code(), Code::not_found);
    EXPECT_THAT(gone.error().message(), HasSubstr("has no branch, tag or commit 'old'"));
}

TEST_F(Git, a_commit_in_the_cache_needs_no_repository) {
    const auto commit = origin_.commit({{"a", {"one"}}});
    ASSERT_TRUE(cache_.resolve(origin_.path(), "main"));
    std::filesystem::rename(origin_.path(), temp_.file("moved.git"));
    EXPECT_TRUE(cache_.resolve(origin_.path(), commit));
    const auto unreachable = cache_.resolve(origin_.path(), "main");
    ASSERT_FALSE(unreachable);
    EXPECT_FALSE(unreachable.error().remedy().empty());
}

TEST_F(Git, caps_and_odd_entries_are_refused_with_the_path) {
    const auto commit =
        origin_.commit({{"big", {std::string(2048, 'x')}}, {"link", {"/etc/passwd", GIT_FILEMODE_LINK}}});
    ASSERT_TRUE(cache_.resolve(origin_.path(), "main"));
    const auto big = read(commit, "", {10, 1024, 4096});
    ASSERT_FALSE(big);
    EXPECT_EQ(big.error().code(), Code::resource_exhausted);
    EXPECT_THAT(big.error().message(), HasSubstr("'big'"));
    EXPECT_EQ(read(commit).value().at(1).kind, TreeFile::Kind::link);
    EXPECT_EQ(read(commit, "", {1, 4096, 4096}).error().code(), Code::resource_exhausted);
    EXPECT_THAT(read(commit, "big").error().message(), HasSubstr("it is a file"));
    EXPECT_EQ(read(commit, "nowhere").error().code(), Code::not_found);
    EXPECT_EQ(read(std::string(40, '0')).error().code(), Code::not_found);
}

TEST_F(Git, a_broken_cache_names_the_folder_to_remove) {
    origin_.commit({{"a", {"one"}}});
    ASSERT_TRUE(cache_.resolve(origin_.path(), "main"));
    for (const auto& entry : std::filesystem::directory_iterator(temp_.file("cache"))) {
        std::filesystem::remove(entry.path() / "HEAD");
    }
    const auto broken = cache_.resolve(origin_.path(), "main");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code(), Code::data_loss);
    EXPECT_THAT(broken.error().remedy(), HasSubstr(temp_.file("cache")));
}

TEST_F(Git, only_repositories_that_can_be_trusted_to_be_themselves) {
    for (const auto* good : {"/srv/estate.git", "https://git.example.com/estate.git",
                             "ssh://git@git.example.com:22/e", "git@git.example.com:team/estate.git"}) {
        EXPECT_TRUE(check_git_url(good)) << good;
    }
    for (const auto* bad :
         {"", "estate", "../estate", "http://git.example.com/e", "git://git.example.com/e",
          "https://user:secret@git.example.com/e", "https://git.example.com", "ssh://-oProxy=x/e",
          "file:///etc", "-u@host:x", "git@-host:path", "ext::sh -c id", "https://a b/c"}) {
        EXPECT_FALSE(check_git_url(bad)) << bad;
    }
    const auto refused = cache_.resolve("https://user:secret@git.example.com/e", "main");
    EXPECT_EQ(refused.error().to_string().find("secret"), std::string::npos) << "a password is not repeated";
    EXPECT_EQ(cache_.resolve(origin_.path(), "main:x").error().code(), Code::invalid_argument);
    EXPECT_EQ(cache_.resolve(origin_.path(), "main~1").error().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace signalbox::estate
