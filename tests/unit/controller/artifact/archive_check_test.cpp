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
                    const ArchiveLimits& limits = {}) {
    const auto temp = os::TempDirectory::make().value();
    EXPECT_TRUE(os::write_file_atomically(temp.file("a"), bytes));
    const auto fd = os::open_for_reading(temp.file("a")).value();
    const auto summary = check_archive(fd.get(), format, limits);
    return summary ? "" : summary.error().to_string();
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
    EXPECT_THAT(verdict(TarMaker().file("../x").bytes()), HasSubstr("leaves the folder"));
    EXPECT_THAT(verdict(TarMaker().file("a/../../x").bytes()), HasSubstr("leaves the folder"));
    EXPECT_THAT(verdict(TarMaker().file("/etc/passwd").bytes()), HasSubstr("absolute path"));
    EXPECT_THAT(verdict(TarMaker().file("..\\x").bytes()), HasSubstr("backslash"));
    EXPECT_THAT(verdict(TarMaker().file("a\nb").bytes()), HasSubstr("control character"));
    EXPECT_THAT(verdict(TarMaker().link("a", "/etc").bytes()), HasSubstr("leads out of the archive"));
    EXPECT_THAT(verdict(TarMaker().link("d/a", "../../etc").bytes()), HasSubstr("leads out of the archive"));
    EXPECT_THAT(verdict(TarMaker().link("a", "b").file("a/x").bytes()),
                HasSubstr("goes through the link 'a'"));
    EXPECT_EQ(verdict(TarMaker().link("d/a", "../b").file("b").bytes()), "");
}

TEST(ArchiveCheck, refuses_what_is_not_a_plain_file) {
    EXPECT_THAT(verdict(TarMaker().file("a").hard_link("b", "a").bytes()), HasSubstr("hard link"));
    EXPECT_THAT(verdict(TarMaker().special("a", AE_IFCHR).bytes()), HasSubstr("a device"));
    EXPECT_THAT(verdict(TarMaker().special("a", AE_IFIFO).bytes()), HasSubstr("a fifo"));
    EXPECT_THAT(verdict(TarMaker().file("a", "x", 04755).bytes()), HasSubstr("set-user-id"));
    EXPECT_THAT(verdict(TarMaker().file("a").file("./a").bytes()), HasSubstr("is there twice"));
}

TEST(ArchiveCheck, stops_at_the_caps) {
    ArchiveLimits limits;
    limits.max_entries = 2;
    EXPECT_THAT(verdict(TarMaker().file("a").file("b").file("c").bytes(), "tar", limits),
                HasSubstr("more than 2 entries"));
    limits = {};
    limits.max_unpacked_bytes = 1 << 20;
    EXPECT_THAT(verdict(TarMaker("tar.gz").file("a", std::string(2 << 20, '0')).bytes(), "tar.gz", limits),
                HasSubstr("unpacks to more than 1 MiB"));
    EXPECT_THAT(verdict(TarMaker("tar.zst").file("a", std::string(80 << 20, '0')).bytes(), "tar.zst"),
                HasSubstr("more than 200 times its size"));
}

TEST(ArchiveCheck, refuses_a_cut_or_damaged_archive) {
    std::string bytes = TarMaker("tar.gz").file("a", std::string(100'000, 'a')).file("b", "tail").bytes();
    EXPECT_THAT(verdict(bytes.substr(0, bytes.size() / 2), "tar.gz"), HasSubstr("truncated gzip input"));
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
    EXPECT_THAT(verdict(make_tar({{"l", Kind::link, "/etc/passwd"}}).value()), HasSubstr("leads out"));
}

}  // namespace
}  // namespace signalbox::artifact
