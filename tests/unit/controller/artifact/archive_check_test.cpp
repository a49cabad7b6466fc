// SPDX-License-Identifier: Apache-2.0
#include "controller/artifact/archive_check.hpp"

#include <gmock/gmock.h>

#include "common/os/file.hpp"
#include "common/os/temp_directory.hpp"
#include "controller/artifact/tree_archive.hpp"
#include "tests/support/artifact/tar_maker.hpp"

namespace signalbox::artifact {
namespace {

using ::testing::HasSubstr;

// "" when it is accepted.
std::string verdict(const std::string& bytes, std::string_view format = "tar",
                    const std::optional<actions::ArchiveLimits>& limits = {}) {
    const auto temp = os::TempDirectory::make().value();
    EXPECT_TRUE(os::write_file_atomically(temp.file("a"), bytes));
    const auto fd = os::open_for_reading(temp.file("a")).value();
    const auto checked = check_archive(fd.get(), format, limits);
    return checked ? "" : checked.error().to_string();
}

// The bytes as a gzip stream, without a tar around them.
std::string gzip(const std::string& bytes) {
    std::string out(bytes.size() + 1024, '\0');
    std::size_t used = 0;
    archive* writer = archive_write_new();
    archive_write_set_format_raw(writer);
    archive_write_add_filter_gzip(writer);
    archive_write_set_bytes_in_last_block(writer, 1);
    archive_write_open_memory(writer, out.data(), out.size(), &used);
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, "data");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(writer, entry);
    archive_write_data(writer, bytes.data(), bytes.size());
    archive_entry_free(entry);
    archive_write_close(writer);
    archive_write_free(writer);
    out.resize(used);
    return out;
}

TEST(ArchiveCheck, takes_each_format_and_tells_them_apart) {
    for (const auto* format : {"tar", "tar.gz", "tar.zst"}) {
        const auto bytes = TarMaker(format).file("bin/app", "run", 0755).link("bin/latest", "app").bytes();
        EXPECT_EQ(verdict(bytes, format), "") << format;
    }
    EXPECT_THAT(verdict(TarMaker("tar.gz").file("a").bytes(), "tar.zst"),
                HasSubstr("this is a tar.gz archive, not a tar.zst. Push it with --format tar.gz"));
    EXPECT_THAT(verdict(std::string(2000, 'x')), HasSubstr("this is not a tar archive"));
    EXPECT_THAT(verdict("", "tar"), HasSubstr("this is not a tar archive"));
    EXPECT_THAT(verdict(TarMaker().file("a").bytes(), "zip"), HasSubstr("Use tar, tar.gz or tar.zst"));
}

TEST(ArchiveCheck, refuses_what_would_leave_the_folder) {
    EXPECT_THAT(verdict(TarMaker().file("../x").bytes()), HasSubstr("'.' or '..' in the path"));
    EXPECT_THAT(verdict(TarMaker().file("a/../../x").bytes()), HasSubstr("'.' or '..' in the path"));
    EXPECT_THAT(verdict(TarMaker().file("/etc/passwd").bytes()), HasSubstr("absolute path"));
    EXPECT_THAT(verdict(TarMaker().file("..\\x").bytes()), HasSubstr("backslash"));
    EXPECT_THAT(verdict(TarMaker().file("a\nb").bytes()), HasSubstr("control character"));
    EXPECT_THAT(verdict(TarMaker().link("a", "/etc").bytes()), HasSubstr("link to an absolute path"));
    EXPECT_THAT(verdict(TarMaker().link("d/a", "../../etc").bytes()), HasSubstr("leads out"));
    EXPECT_THAT(verdict(TarMaker().link("a", "b").file("a/x").bytes()),
                HasSubstr("'a/x' lies under something that is not a folder"));
    EXPECT_EQ(verdict(TarMaker().link("d/a", "../b").file("b").bytes()), "");
    EXPECT_EQ(verdict(TarMaker().file("\xc3\xa9t\xc3\xa9").bytes()), "") << "whatever the locale is";
}

TEST(ArchiveCheck, refuses_what_is_not_a_plain_file) {
    EXPECT_THAT(verdict(TarMaker().file("a").hard_link("b", "a").bytes()), HasSubstr("hard link"));
    EXPECT_THAT(verdict(TarMaker().special("a", AE_IFCHR).bytes()), HasSubstr("a device"));
    EXPECT_THAT(verdict(TarMaker().special("a", AE_IFIFO).bytes()), HasSubstr("pipe"));
    EXPECT_THAT(verdict(TarMaker().file("a", "x", 04755).bytes()), HasSubstr("setuid"));
    EXPECT_THAT(verdict(TarMaker().file("a").file("./a").bytes()), HasSubstr("a second entry of this name"));
}

// Each was taken once, and refused by every host when the release ran.
TEST(ArchiveCheck, refuses_whatever_hosts_refuse) {
    for (const auto* name : {"NUL.txt", "d/com1", "x.", "x ", "a:b", "C:x"}) {
        EXPECT_THAT(verdict(TarMaker().file(name).bytes()), HasSubstr("archive entry")) << name;
    }
    EXPECT_THAT(verdict(TarMaker().file("a/b").link("a", "c").bytes()), HasSubstr("a second entry"));
    EXPECT_THAT(verdict(TarMaker().file("a/b").file("a").bytes()), HasSubstr("a second entry"));
    EXPECT_THAT(verdict(TarMaker().file("a").file("a/b").bytes()), HasSubstr("not a folder"));
    EXPECT_THAT(verdict(TarMaker().file("a", "x", 01755).bytes()), HasSubstr("sticky"));
    EXPECT_THAT(verdict(TarMaker().link("a", "b/../c").bytes()), HasSubstr("'..' after a name"));
    EXPECT_THAT(verdict(TarMaker().file("a//b").bytes()), HasSubstr("empty name"));
    std::string deep = "d";
    while (deep.size() <= 1024) deep += "/d";
    EXPECT_THAT(verdict(TarMaker().file(deep).bytes()), HasSubstr("more than 1024 bytes"));
    const auto once = TarMaker("tar.gz").file("a").bytes();
    EXPECT_EQ(verdict(once, "tar.gz"), "");
    const auto gzipped_twice = gzip(once);
    EXPECT_NE(verdict(gzipped_twice, "tar.gz"), "") << "a host opens one layer";
}

TEST(ArchiveCheck, stops_at_the_caps) {
    EXPECT_THAT(verdict(TarMaker().file("a").file("b").file("c").bytes(), "tar", {{2, 1000}}),
                HasSubstr("more than 2 entries"));
    EXPECT_THAT(
        verdict(TarMaker("tar.gz").file("a", std::string(2 << 20, '0')).bytes(), "tar.gz", {{10, 1 << 20}}),
        HasSubstr("unpacks to more than 1048576 bytes"));
    EXPECT_THAT(verdict(TarMaker("tar.zst").file("a", std::string(80 << 20, '0')).bytes(), "tar.zst"),
                HasSubstr("unpacks to more than 67108864 bytes"));
}

TEST(ArchiveCheck, refuses_a_cut_or_damaged_archive) {
    std::string bytes = TarMaker("tar.gz").file("a", std::string(100'000, 'a')).file("b", "tail").bytes();
    EXPECT_THAT(verdict(bytes.substr(0, bytes.size() / 2), "tar.gz"), HasSubstr("it cannot be read"));
    std::string plain = TarMaker().file("a", std::string(5000, 'a')).bytes();
    EXPECT_THAT(verdict(plain.substr(0, 3000)), HasSubstr("damaged"));
}

TEST(TreeArchive, the_same_tree_gives_the_same_bytes_and_passes_the_check) {
    using Kind = estate::TreeFile::Kind;
    std::vector<estate::TreeFile> files{
        {"bin/app", Kind::executable, "run"}, {"a.txt", Kind::file, ""}, {"bin/l", Kind::link, "app"}};
    const auto first = make_tar(files).value();
    std::swap(files[0], files[2]);
    EXPECT_EQ(make_tar(files).value(), first);
    EXPECT_EQ(verdict(first), "");
    EXPECT_FALSE(make_tar({}));
    EXPECT_THAT(verdict(make_tar({{"l", Kind::link, "/etc/passwd"}}).value()), HasSubstr("absolute path"));
}

}  // namespace
}  // namespace signalbox::artifact
