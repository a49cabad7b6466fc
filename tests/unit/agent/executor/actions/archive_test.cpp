// SPDX-License-Identifier: Apache-2.0
// artifact.stage against good archives and the hostile ones of the attack table's rows 24 to 27.
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "agent/executor/actions/artifact_stage/stage.hpp"
#include "agent/executor/actions/current_link.hpp"
#include "common/action/archive_rules.hpp"
#include "tests/support/executor/step_scene.hpp"

namespace signalbox::actions {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

struct Item {
    std::string path;
    mode_t mode = S_IFREG | 0644;
    std::string content = {};  // or the link's target
    bool hardlink = false;
};

std::string pack(const std::vector<Item>& items, ArchiveFormat format = ArchiveFormat::tar) {
    std::string out(8 << 20, '\0');
    std::size_t used = 0;
    archive* a = archive_write_new();
    archive_write_set_format_pax_restricted(a);
    if (format == ArchiveFormat::tar_gz) archive_write_add_filter_gzip(a);
    if (format == ArchiveFormat::tar_zst) archive_write_add_filter_zstd(a);
    archive_write_set_bytes_in_last_block(a, 1);
    archive_write_open_memory(a, out.data(), out.size(), &used);
    for (const Item& item : items) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, item.path.c_str());
        archive_entry_set_mode(entry, item.mode);
        const bool file = S_ISREG(item.mode) && !item.hardlink;
        if (S_ISLNK(item.mode)) archive_entry_set_symlink(entry, item.content.c_str());
        if (item.hardlink) archive_entry_set_hardlink(entry, item.content.c_str());
        archive_entry_set_size(entry, file ? static_cast<la_int64_t>(item.content.size()) : 0);
        archive_write_header(a, entry);
        if (file) archive_write_data(a, item.content.data(), item.content.size());
        archive_entry_free(entry);
    }
    archive_write_close(a);
    archive_write_free(a);
    out.resize(used);
    return out;
}

class ArtifactStageTest : public ::testing::Test {
  protected:
    StepResult stage_bytes(const std::string& bytes, ArchiveFormat format = ArchiveFormat::tar) {
        return stage_as(bytes, {crypto::sha256(bytes), static_cast<std::int64_t>(bytes.size()), format});
    }
    StepResult stage_as(const std::string& bytes, const ArtifactStage& action) {
        const std::string path = scene.folder.file("artifact");
        std::ofstream(path, std::ios::binary) << bytes;
        StepContext context = scene.context();
        context.artifacts.emplace_back(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        return perform_body(action, context);
    }
    std::vector<std::string> left() const {
        std::vector<std::string> names;
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(scene.root() + "/releases", none))
            names.push_back(entry.path().filename());
        return names;
    }
    Stage scene;
};

TEST_F(ArtifactStageTest, all_formats_appear_whole_with_plain_modes) {
    const std::vector<Item> items = {{"./", S_IFDIR | 0700},
                                     {"./bin/", S_IFDIR | 0700},
                                     {"./bin/run", S_IFREG | 0711, "#!/bin/sh\n"},
                                     {"./deep/er/\xC3\xA9t\xC3\xA9.txt", S_IFREG | 0600, "text"},
                                     {"./bin/latest", S_IFLNK | 0777, "../deep/er"}};
    for (const auto format : {ArchiveFormat::tar, ArchiveFormat::tar_gz, ArchiveFormat::tar_zst}) {
        const std::string bytes = pack(items, format);
        const StepResult result = stage_bytes(bytes, format);
        ASSERT_EQ(result.code, "ok") << result.detail;
        const std::string root = release_folder(scene.root(), crypto::sha256(bytes));
        EXPECT_EQ(fs::status(root + "/bin/run").permissions(), fs::perms(0755));
        EXPECT_EQ(fs::status(root + "/deep/er/\xC3\xA9t\xC3\xA9.txt").permissions(), fs::perms(0644));
        EXPECT_EQ(fs::read_symlink(root + "/bin/latest"), "../deep/er");
        EXPECT_EQ(stage_bytes(bytes, format).code, "nothing_to_do");
    }
    EXPECT_EQ(left().size(), 3U);
}

TEST_F(ArtifactStageTest, attack_24_hostile_entries_refuse_the_whole_archive) {
    const Item good{"good", S_IFREG | 0644, "x"};
    const std::vector<std::vector<Item>> hostile = {
        {{"../evil", S_IFREG | 0644, "x"}},
        {{"a/../../evil", S_IFREG | 0644, "x"}},
        {{"/evil", S_IFREG | 0644, "x"}},
        {{"link", S_IFLNK | 0777, "/etc"}},
        {{"link", S_IFLNK | 0777, "../out"}},
        {{"a/link", S_IFLNK | 0777, "../../out"}},
        {{"a/up", S_IFLNK | 0777, ".."}, {"a/out", S_IFLNK | 0777, "up/../.."}},
        {{"dir", S_IFLNK | 0777, "good"}, {"dir/file", S_IFREG | 0644, "x"}},
        {{"hard", S_IFREG | 0644, "/etc/passwd", true}},
        {{"hard", S_IFREG | 0644, "good", true}},
        {{"device", S_IFCHR | 0644}},
        {{"block", S_IFBLK | 0644}},
        {{"pipe", S_IFIFO | 0644}},
        {{"suid", S_IFREG | 04755, "x"}},
        {{"sgid", S_IFREG | 02755, "x"}},
        {{"good", S_IFREG | 0644, "again"}},
        {{"good/under-a-file", S_IFREG | 0644, "x"}},
        {{std::string(300, 'n'), S_IFREG | 0644, "x"}},
        {{"..\\evil", S_IFREG | 0644, "x"}},
        {{"C:evil", S_IFREG | 0644, "x"}},
        {{"a:b", S_IFREG | 0644, "x"}},
        {{"NUL", S_IFREG | 0644, "x"}},
        {{"dir/com1.txt", S_IFREG | 0644, "x"}},
        {{"dot.", S_IFREG | 0644, "x"}},
        {{"new\nline", S_IFREG | 0644, "x"}},
        {{"escape\x1b[31m", S_IFREG | 0644, "x"}},
    };
    for (const auto& items : hostile) {
        std::vector<Item> all = {good};
        all.insert(all.end(), items.begin(), items.end());
        const StepResult result = stage_bytes(pack(all));
        EXPECT_EQ(result.code, "refused:R_ARTIFACT")
            << items.back().path << ": " << result.code << result.detail;
        EXPECT_THAT(left(), ::testing::IsEmpty()) << items.back().path;
        EXPECT_FALSE(fs::exists(scene.folder.file("evil")));
    }
}

TEST_F(ArtifactStageTest, attack_25_bombs_stop_at_the_cap_and_leave_nothing) {
    std::vector<Item> many;
    // 80 MiB of zeros in a few KiB: over the 64 MiB that small archives may unpack to.
    for (int i = 0; i < 10; ++i)
        many.push_back({"zeros" + std::to_string(i), S_IFREG | 0644, std::string(8 << 20, '\0')});
    const std::string bytes = pack(many, ArchiveFormat::tar_gz);
    ASSERT_LT(bytes.size(), 200'000U);
    const StepResult result = stage_bytes(bytes, ArchiveFormat::tar_gz);
    EXPECT_EQ(result.code, "failed");
    EXPECT_THAT(result.detail, HasSubstr("unpacks to more than 67108864 bytes"));
    EXPECT_THAT(left(), ::testing::IsEmpty());

    ArchiveRules rules({3, 1000});
    EXPECT_TRUE(rules.admit({"a", EntryType::file, 0644, 1000, ""}).ok());
    EXPECT_EQ(rules.admit({"sparse", EntryType::file, 0644, std::int64_t{5} << 30, ""}).error().code(),
              Code::resource_exhausted);
    EXPECT_TRUE(rules.admit({"empty", EntryType::file, 0644, 0, ""}).ok());
    EXPECT_EQ(rules.admit({"fourth", EntryType::file, 0644, 0, ""}).error().code(), Code::resource_exhausted);
    EXPECT_EQ(limits_for(std::int64_t{1} << 40).max_bytes, std::int64_t{32} << 30);
}

TEST_F(ArtifactStageTest, attack_26_what_is_unpacked_is_what_was_hashed) {
    const std::string bytes = pack({{"file", S_IFREG | 0644, "original"}});
    // The sender changed his file after it was approved: the copy does not match, nothing is unpacked.
    std::string swapped = bytes;
    swapped[swapped.find("original")] = 'X';
    const StepResult result = stage_as(
        swapped, {crypto::sha256(bytes), static_cast<std::int64_t>(bytes.size()), ArchiveFormat::tar});
    EXPECT_EQ(result.code, "refused:R_DIGEST");
    EXPECT_THAT(left(), ::testing::IsEmpty());
}

TEST_F(ArtifactStageTest, attack_27_size_and_digest_must_both_hold) {
    const std::string bytes = pack({{"file", S_IFREG | 0644, "x"}});
    const auto size = static_cast<std::int64_t>(bytes.size());
    const crypto::Digest digest = crypto::sha256(bytes);
    EXPECT_EQ(stage_as(bytes, {digest, size + 1, ArchiveFormat::tar}).code, "refused:R_DIGEST");
    EXPECT_EQ(stage_as(bytes, {digest, size - 1, ArchiveFormat::tar}).code, "refused:R_DIGEST");
    EXPECT_EQ(stage_as(bytes.substr(0, bytes.size() - 1), {digest, size, ArchiveFormat::tar}).code,
              "refused:R_DIGEST");
    EXPECT_EQ(stage_as("", {crypto::sha256(""), 1, ArchiveFormat::tar}).code, "refused:R_DIGEST");
}

TEST_F(ArtifactStageTest, the_announced_format_is_the_only_one_tried) {
    const std::string gz = pack({{"file", S_IFREG | 0644, "x"}}, ArchiveFormat::tar_gz);
    EXPECT_EQ(stage_bytes(gz, ArchiveFormat::tar).code, "refused:R_ARTIFACT");
    EXPECT_EQ(stage_bytes(gz, ArchiveFormat::tar_zst).code, "refused:R_ARTIFACT");
    EXPECT_EQ(stage_bytes("not an archive at all", ArchiveFormat::tar).code, "refused:R_ARTIFACT");
}

TEST_F(ArtifactStageTest, what_a_crash_left_is_cleared) {
    const std::string bytes = pack({{"file", S_IFREG | 0644, "x"}});
    const std::string rubbish = scene.root() + "/releases/.incoming-" + crypto::sha256(bytes).hex();
    fs::create_directories(rubbish);
    std::ofstream(rubbish + "/file") << "half";
    EXPECT_EQ(stage_bytes(bytes).code, "ok");
    EXPECT_EQ(left(), std::vector<std::string>{crypto::sha256(bytes).hex()});
}

}  // namespace
}  // namespace signalbox::actions
