// SPDX-License-Identifier: Apache-2.0
#include "controller/artifact/archive_check.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/os/random_access.hpp"
#include "common/os/utf8_locale.hpp"

namespace signalbox::artifact {
namespace {

struct CloseArchive {
    void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, CloseArchive>;

Error refuse(std::string message) {
    return {Code::invalid_argument, std::move(message),
            "Build the archive again, from plain files and folders"};
}

// libarchive has no words for some of its failures.
std::string why(archive* reader) {
    const char* text = archive_error_string(reader);
    return text != nullptr ? text : "it ends too early, or is of another format";
}

// The rules speak as the host that refuses; here it is a bad argument.
Error at_the_door(Error error) {
    if (error.code() != Code::refused) return error;
    return {Code::invalid_argument, error.message(), "Build the archive again without it"};
}

std::string_view sniff(ByteView head) {
    const auto starts = [&](std::initializer_list<std::uint8_t> magic) {
        return head.size() >= magic.size() && std::equal(magic.begin(), magic.end(), head.begin());
    };
    if (starts({0x1f, 0x8b})) return "tar.gz";
    if (starts({0x28, 0xb5, 0x2f, 0xfd})) return "tar.zst";
    if (head.size() >= 262 && to_text(head.subspan(257, 5)) == "ustar") return "tar";
    return "";
}

actions::EntryType type_of(archive_entry* entry) {
    if (archive_entry_hardlink(entry) != nullptr) return actions::EntryType::hardlink;
    switch (archive_entry_filetype(entry)) {
        case AE_IFREG:
            return actions::EntryType::file;
        case AE_IFDIR:
            return actions::EntryType::folder;
        case AE_IFLNK:
            return actions::EntryType::symlink;
        default:
            return actions::EntryType::other;
    }
}

Result<actions::Entry> read_entry(archive_entry* from) {
    actions::Entry entry;
    const char* path = archive_entry_pathname(from);
    if (path == nullptr) return refuse("the name of an entry is not UTF-8");
    entry.path = path;
    entry.type = type_of(from);
    entry.mode = static_cast<std::uint32_t>(archive_entry_perm(from)) & 07777U;
    entry.size = archive_entry_size(from);
    const char* target = archive_entry_symlink(from);
    if (entry.type == actions::EntryType::symlink && target != nullptr) entry.link_target = target;
    return entry;
}

// All of it must be there: a damaged end is found here, not on a host.
Status read_data(archive* reader, const actions::Entry& entry) {
    std::vector<char> buffer(1 << 16);
    for (std::int64_t seen = 0;;) {
        const auto got = archive_read_data(reader, buffer.data(), buffer.size());
        if (got == 0) return {};
        if (got < 0) return refuse("it is damaged: " + why(reader));
        seen += got;
        if (seen > entry.size) return refuse("one of its entries is longer than it says");
    }
}

// Only the announced format, and nothing packed inside of that once more.
Result<Reader> open(int fd, std::string_view format) {
    Reader reader(archive_read_new());
    archive_read_support_format_tar(reader.get());
    int code = ARCHIVE_OK;
    if (format == "tar.gz") code = archive_read_append_filter(reader.get(), ARCHIVE_FILTER_GZIP);
    if (format == "tar.zst") code = archive_read_append_filter(reader.get(), ARCHIVE_FILTER_ZSTD);
    if (code != ARCHIVE_OK || archive_read_open_fd(reader.get(), fd, 1 << 16) != ARCHIVE_OK) {
        return refuse("it cannot be read: " + why(reader.get()));
    }
    return reader;
}

}  // namespace

Status check_format(std::string_view format) {
    if (format == "tar" || format == "tar.gz" || format == "tar.zst") return {};
    return Error{Code::invalid_argument, fmt::format("'{:.40}' is no format of an artifact", format),
                 "Use tar, tar.gz or tar.zst"};
}

Status check_archive(int fd, std::string_view format, const std::optional<actions::ArchiveLimits>& limits) {
    SB_CHECK(check_format(format));
    std::array<std::uint8_t, 512> head{};
    SB_TRY(const std::size_t got, os::read_at(fd, 0, head));
    SB_TRY(const std::uint64_t packed, os::size_of(fd));
    const std::string_view found = sniff(ByteView(head.data(), got));
    if (found != format) {
        return Error{Code::invalid_argument,
                     found.empty() ? fmt::format("this is not a {} archive", format)
                                   : fmt::format("this is a {} archive, not a {}", found, format),
                     found.empty() ? "Make it with tar, and push the file as it is"
                                   : fmt::format("Push it with --format {}", found)};
    }
    SB_CHECK(os::rewind(fd));
    const os::Utf8Locale utf8;  // libarchive converts names by the thread's locale
    SB_TRY(const Reader reader, open(fd, format));
    actions::ArchiveRules rules(limits ? *limits : actions::limits_for(static_cast<std::int64_t>(packed)));
    std::uint64_t entries = 0;
    for (;; ++entries) {
        archive_entry* raw = nullptr;
        const int code = archive_read_next_header(reader.get(), &raw);
        if (code == ARCHIVE_EOF) break;
        if (code != ARCHIVE_OK) {
            return refuse(fmt::format("it is damaged after {} entries: {}", entries, why(reader.get())));
        }
        SB_TRY(const actions::Entry entry, read_entry(raw));
        if (auto admitted = rules.admit(entry); !admitted) return at_the_door(std::move(admitted).error());
        SB_CHECK(read_data(reader.get(), entry));
    }
    if (entries == 0) return refuse("the archive is empty");
    return {};
}

}  // namespace signalbox::artifact
