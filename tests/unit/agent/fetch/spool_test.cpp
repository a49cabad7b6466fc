// SPDX-License-Identifier: Apache-2.0
#include "agent/fetch/spool.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/os/file.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox::fetch {
namespace {

namespace fs = std::filesystem;

// Serves one text; breaks off after `until` bytes of it when that is set.
struct Server {
    std::string text;
    std::optional<std::size_t> until;
    std::vector<std::uint64_t> asked;

    Source source() {
        return [this](const Wanted&, std::uint64_t offset, const ByteSink& sink) -> Status {
            asked.push_back(offset);
            const std::size_t end = until.value_or(text.size());
            for (std::size_t at = offset; at < end; at += 1000) {
                SB_CHECK(sink(std::string_view(text).substr(at, std::min<std::size_t>(1000, end - at))));
            }
            if (until) return Error(Code::unavailable, "the connection broke");
            return {};
        };
    }
};

class SpoolTest : public testing::Test {
  protected:
    Wanted wanted(const std::string& text) { return {crypto::sha256(text), text.size()}; }
    std::string read(const Result<os::UniqueFd>& file) {
        return os::read_all(file->get(), 1 << 24, "artifact").value();
    }
    std::size_t files() {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(directory.path()), fs::directory_iterator()));
    }
    os::TempDirectory directory = os::TempDirectory::make().value();
    Server server{std::string(5000, 'a') + std::string(5000, 'b'), {}, {}};
};

TEST_F(SpoolTest, FetchesOnceAndServesFromDiskAfter) {
    Spool spool(directory.path());
    EXPECT_EQ(read(spool.get(wanted(server.text), server.source())), server.text);
    EXPECT_EQ(read(spool.get(wanted(server.text), server.source())), server.text);
    EXPECT_EQ(server.asked.size(), 1U);
}

TEST_F(SpoolTest, GoesOnWhereTheConnectionBroke) {
    Spool spool(directory.path());
    server.until = 3500;
    EXPECT_EQ(spool.get(wanted(server.text), server.source()).error().code(), Code::unavailable);
    server.until.reset();
    Spool after_restart(directory.path());
    EXPECT_EQ(read(after_restart.get(wanted(server.text), server.source())), server.text);
    EXPECT_EQ(server.asked, (std::vector<std::uint64_t>{0, 3500}));
}

TEST_F(SpoolTest, OtherBytesThanNamedAreDroppedAndNeverServed) {
    Spool spool(directory.path());
    const std::string right = server.text;
    server.text[42] = 'x';
    EXPECT_EQ(spool.get(wanted(right), server.source()).error().code(), Code::data_loss);
    EXPECT_EQ(files(), 0U);
    server.text = right + "and more";
    EXPECT_EQ(spool.get(wanted(right), server.source()).error().code(), Code::data_loss);
    EXPECT_EQ(files(), 0U);
    server.text = right;
    EXPECT_EQ(read(spool.get(wanted(right), server.source())), right);
}

TEST_F(SpoolTest, ADamagedPartialFileCostsOneTryOnly) {
    std::ofstream(directory.file(crypto::sha256(server.text).hex() + ".part")) << "rubbish";
    Spool spool(directory.path());
    EXPECT_EQ(spool.get(wanted(server.text), server.source()).error().code(), Code::data_loss);
    EXPECT_EQ(read(spool.get(wanted(server.text), server.source())), server.text);
}

TEST_F(SpoolTest, ATruncatedCompleteFileIsFetchedAgain) {
    Spool spool(directory.path());
    ASSERT_TRUE(spool.get(wanted(server.text), server.source()).ok());
    fs::resize_file(directory.file(crypto::sha256(server.text).hex()), 10);
    EXPECT_EQ(read(spool.get(wanted(server.text), server.source())), server.text);
}

TEST_F(SpoolTest, TheLeastRecentlyUsedMakesRoom) {
    Spool spool(directory.path(), {25'000, 0});
    std::vector<std::string> texts;
    for (const char c : {'1', '2', '3'}) {
        texts.push_back(std::string(10'000, c));
        server.text = texts.back();
        if (c == '3') {
            // The first one was used after the second.
            fs::last_write_time(directory.file(wanted(texts[1]).sha256.hex()),
                                fs::file_time_type::clock::now() - std::chrono::hours(1));
        }
        ASSERT_TRUE(spool.get(wanted(server.text), server.source()).ok());
    }
    EXPECT_TRUE(fs::exists(directory.file(wanted(texts[0]).sha256.hex())));
    EXPECT_FALSE(fs::exists(directory.file(wanted(texts[1]).sha256.hex())));
    EXPECT_TRUE(fs::exists(directory.file(wanted(texts[2]).sha256.hex())));
}

TEST_F(SpoolTest, RefusesBeforeItFillsTheDisk) {
    Spool small(directory.path(), {5'000, 0});
    EXPECT_EQ(small.get(wanted(server.text), server.source()).error().code(), Code::resource_exhausted);
    Spool full(directory.path(), {std::uint64_t{1} << 40, std::uint64_t{1} << 60});
    const auto refused = full.get(wanted(server.text), server.source());
    EXPECT_EQ(refused.error().code(), Code::resource_exhausted);
    EXPECT_FALSE(refused.error().remedy().empty());
    EXPECT_TRUE(server.asked.empty());
}

TEST_F(SpoolTest, TheEmptyArtifactNeedsNoConnection) {
    Spool spool(directory.path());
    EXPECT_EQ(read(spool.get(wanted(""), server.source())), "");
}

}  // namespace
}  // namespace signalbox::fetch
