// SPDX-License-Identifier: Apache-2.0
#include "controller/artifact/artifact_service.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <optional>
#include <thread>

#include "common/os/file.hpp"
#include "common/os/temp_directory.hpp"
#include "tests/fakes/artifact_index.hpp"
#include "tests/fakes/manual_strand.hpp"
#include "tests/support/artifact/tar_maker.hpp"
#include "tests/support/estate/git_fixture.hpp"

namespace signalbox::artifact {
namespace {

using ::testing::HasSubstr;

class FakeFetcher final : public Fetcher {
  public:
    std::map<std::string, std::string> pages;
    Status fetch(const std::string& url, std::uint64_t, const Sink& sink) override {
        const auto it = pages.find(url);
        if (it == pages.end()) return Error{Code::refused, "'" + url + "' answered 404", "Check the URL"};
        for (const char c : it->second) SB_CHECK(sink(as_bytes(std::string_view(&c, 1))));
        return {};
    }
};

class Artifacts : public ::testing::Test {
  protected:
    os::TempDirectory temp_ = os::TempDirectory::make().value();
    fakes::ManualClock clock_;
    fakes::ManualStrand domain_{clock_}, side_{clock_};
    BlobStore blobs_ = BlobStore::open(temp_.file("blobs")).value();
    fakes::MemoryArtifactIndex index_;
    estate::GitCache git_{{temp_.file("git"), {}}, clock_};
    FakeFetcher fetcher_;
    ArtifactService service_{{domain_, side_, blobs_, index_, git_, fetcher_, clock_}};
    access::Caller ada_{"ada", "0123456789ab", {}, ""};
    std::string tar_ = TarMaker().file("bin/app", std::string(3000, 'a')).bytes();
    std::string hex_ = crypto::sha256(tar_).hex();

    Result<v1::BeginUploadResponse> begin(const std::string& format = "tar") {
        v1::BeginUploadRequest request;
        request.set_sha256(hex_);
        request.set_size(tar_.size());
        request.set_format(format);
        return service_.begin_upload(ada_, request);
    }
    Result<v1::PutChunkResponse> put(std::size_t offset, const std::string& data) {
        v1::PutChunkRequest request;
        request.set_sha256(hex_);
        request.set_offset(offset);
        request.set_data(data);
        return service_.put_chunk(ada_, request);
    }
    template <class Response, class Call>
    Result<Response> wait(Call call) {
        std::optional<Result<Response>> out;
        call([&](Result<Response> response) { out = std::move(response); });
        while (side_.run_ready() + domain_.run_ready() > 0) {
        }
        return *out;
    }
    Result<v1::FinishUploadResponse> finish() {
        v1::FinishUploadRequest request;
        request.set_sha256(hex_);
        return wait<v1::FinishUploadResponse>(
            [&](auto reply) { service_.finish_upload(ada_, request, std::move(reply)); });
    }
    Result<v1::ImportArtifactResponse> import(const std::string& url, const std::string& sha256 = "",
                                              const std::string& format = "") {
        v1::ImportArtifactRequest request;
        request.set_url(url);
        request.set_sha256(sha256);
        request.set_format(format);
        return wait<v1::ImportArtifactResponse>(
            [&](auto reply) { service_.import(ada_, request, std::move(reply)); });
    }
    std::size_t listed() {
        return static_cast<std::size_t>(service_.list(ada_, {}).value().artifacts_size());
    }
    std::size_t partial_files() {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(temp_.file("blobs/partial"))) {
            count += entry.exists() ? 1U : 0U;
        }
        return count;
    }
};

TEST_F(Artifacts, an_upload_that_broke_off_goes_on_where_it_was_even_after_a_restart) {
    EXPECT_EQ(begin().value().have(), 0U);
    EXPECT_EQ(put(0, tar_.substr(0, 1000)).value().have(), 1000U);
    EXPECT_EQ(finish().error().code(), Code::failed_precondition);
    BlobStore restarted = BlobStore::open(temp_.file("blobs")).value();
    EXPECT_EQ(restarted.begin(crypto::parse_digest(hex_).value(), {tar_.size(), "tar"}).value(), 1000U);
    EXPECT_EQ(put(500, tar_.substr(500, 1500)).value().have(), 2000U)
        << "bytes that are there are passed over";
    EXPECT_EQ(put(2000, tar_.substr(2000)).value().have(), tar_.size());
    EXPECT_EQ(listed(), 0U) << "nothing is visible before it was checked";
    ASSERT_TRUE(finish());
    ASSERT_EQ(listed(), 1U);
    const auto shown = service_.list(ada_, {}).value().artifacts(0);
    EXPECT_EQ(shown.sha256(), hex_);
    EXPECT_EQ(shown.source(), "upload by ada");
    EXPECT_EQ(os::read_file(temp_.file("blobs/sha256/" + hex_.substr(0, 2) + "/" + hex_), 1 << 20).value(),
              tar_);
    EXPECT_TRUE(begin().value().complete());
    EXPECT_EQ(partial_files(), 0U);
}

TEST_F(Artifacts, two_uploads_of_one_file_help_each_other) {
    ASSERT_TRUE(begin());
    ASSERT_TRUE(begin());
    ASSERT_TRUE(put(0, tar_.substr(0, 2000)));
    EXPECT_EQ(put(0, tar_.substr(0, 1000)).value().have(), 2000U);
    ASSERT_TRUE(put(2000, tar_.substr(2000)));
    EXPECT_TRUE(finish());
    EXPECT_TRUE(finish()) << "the slower one is content too";
    EXPECT_EQ(begin("tar.gz").error().code(), Code::conflict);
}

TEST_F(Artifacts, threads_that_push_and_finish_at_once_leave_one_whole_blob) {
    const auto digest = crypto::parse_digest(hex_).value();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (std::uint64_t have = blobs_.begin(digest, {tar_.size(), "tar"}).value();
                 have < tar_.size();) {
                const auto more =
                    blobs_.put(digest, have,
                               as_bytes(tar_).subspan(have, std::min<std::size_t>(100, tar_.size() - have)));
                if (!more) return;  // another one finished and tidied up
                have = *more;
            }
            (void)blobs_.finish(digest).ok();
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_TRUE(blobs_.holds(digest));
    EXPECT_EQ(os::read_file(temp_.file("blobs/sha256/" + hex_.substr(0, 2) + "/" + hex_), 1 << 20).value(),
              tar_);
}

TEST_F(Artifacts, other_bytes_than_announced_are_refused_and_forgotten) {
    ASSERT_TRUE(begin());
    std::string other = tar_;
    other[600] = 'Z';
    ASSERT_TRUE(put(0, other));
    const auto refused = finish();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Code::data_loss);
    EXPECT_EQ(partial_files(), 0U);
    EXPECT_EQ(begin().value().have(), 0U);
    EXPECT_EQ(listed(), 0U);
}

TEST_F(Artifacts, a_hostile_archive_is_refused_at_the_door) {
    tar_ = TarMaker().file("../../etc/cron.d/x").bytes();
    hex_ = crypto::sha256(tar_).hex();
    ASSERT_TRUE(begin());
    ASSERT_TRUE(put(0, tar_));
    EXPECT_THAT(finish().error().message(), HasSubstr("'../../etc/cron.d/x': '.' or '..' in the path"));
    EXPECT_EQ(listed(), 0U);
    EXPECT_FALSE(blobs_.holds(crypto::parse_digest(hex_).value()));
}

TEST_F(Artifacts, requests_that_do_not_fit_are_refused) {
    EXPECT_EQ(put(0, "x").error().code(), Code::not_found);
    ASSERT_TRUE(begin());
    EXPECT_EQ(put(1, "x").error().code(), Code::invalid_argument) << "a gap";
    EXPECT_EQ(put(0, tar_ + "x").error().code(), Code::invalid_argument) << "more than announced";
    EXPECT_EQ(put(~std::size_t{0}, "x").error().code(), Code::invalid_argument) << "an offset that overflows";
    EXPECT_EQ(put(0, std::string(kMaxChunkBytes + 1, 'x')).error().code(), Code::invalid_argument);
    hex_ = "ABC";
    EXPECT_THAT(begin().error().remedy(), HasSubstr("64 lower-case hex digits"));
    v1::BeginUploadRequest huge;
    huge.set_sha256(std::string(64, '1'));
    huge.set_format("tar");
    huge.set_size(kMaxArtifactBytes + 1);
    EXPECT_EQ(service_.begin_upload(ada_, huge).error().code(), Code::invalid_argument);
}

TEST_F(Artifacts, without_room_on_the_disk_nothing_is_begun) {
    BlobStore full = BlobStore::open(temp_.file("full"), {1ULL << 60}).value();
    const auto refused = full.begin(crypto::parse_digest(hex_).value(), {tar_.size(), "tar"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Code::resource_exhausted);
    EXPECT_THAT(refused.error().message(), HasSubstr("no room for"));
    EXPECT_TRUE(std::filesystem::is_empty(temp_.file("full/partial")));
}

TEST_F(Artifacts, a_blob_whose_record_was_lost_in_a_crash_can_be_finished_again) {
    ASSERT_TRUE(begin());
    ASSERT_TRUE(put(0, tar_));
    ASSERT_TRUE(blobs_.finish(crypto::parse_digest(hex_).value())) << "and the index heard nothing of it";
    const auto resumed = begin().value();
    EXPECT_FALSE(resumed.complete());
    EXPECT_EQ(resumed.have(), tar_.size());
    ASSERT_TRUE(finish());
    EXPECT_EQ(listed(), 1U);
}

TEST_F(Artifacts, imports_an_https_file_when_its_digest_is_right) {
    fetcher_.pages["https://a.example/app.tar"] = tar_;
    EXPECT_EQ(import("https://a.example/app.tar", hex_, "tar").value().size(), tar_.size());
    EXPECT_EQ(service_.list(ada_, {}).value().artifacts(0).source(), "https://a.example/app.tar");
    EXPECT_EQ(import("https://a.example/app.tar", std::string(64, '2'), "tar").error().code(),
              Code::data_loss);
    EXPECT_EQ(import("https://a.example/none.tar", hex_, "tar").error().code(), Code::refused);
    EXPECT_EQ(import("https://a.example/app.tar", "", "tar").error().code(), Code::invalid_argument);
    EXPECT_EQ(import("http://a.example/app.tar", hex_, "tar").error().code(), Code::invalid_argument);
    EXPECT_EQ(partial_files(), 0U);
}

TEST_F(Artifacts, imports_a_git_tree_and_the_same_tree_is_the_same_artifact) {
    support::GitFixture origin(temp_.file("origin.git"));
    const auto commit = origin.commit(
        {{"dist/app", {"run", GIT_FILEMODE_BLOB_EXECUTABLE}}, {"README", {"no"}}}, "refs/heads/old");
    const auto later =
        origin.commit({{"dist/app", {"run", GIT_FILEMODE_BLOB_EXECUTABLE}}, {"README", {"yes"}}});
    const std::string url = "git:" + origin.path() + "#" + commit + ":dist";
    const auto first = import(url);
    ASSERT_TRUE(first) << first.error().to_string();
    EXPECT_EQ(import("git:" + origin.path() + "#" + later + ":dist").value().sha256(), first->sha256());
    const auto found = index_.find_source(url).value();
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->format, "tar");
    EXPECT_EQ(import("git:" + origin.path() + "#" + commit + ":nowhere").error().code(), Code::not_found);
    EXPECT_EQ(import("git:" + origin.path() + "#main:dist").error().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace signalbox::artifact
