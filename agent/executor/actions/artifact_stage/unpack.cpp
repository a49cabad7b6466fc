// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/artifact_stage/unpack.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "agent/executor/actions/artifact_stage/tree_writer.hpp"
#include "common/os/utf8_locale.hpp"

namespace signalbox::actions {
namespace {

constexpr std::size_t kBlock = 256 * 1024;

struct CloseArchive {
    void operator()(archive* a) const noexcept { ::archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, CloseArchive>;

Error damaged(archive* a) {
    const char* text = ::archive_error_string(a);
    return Error(Code::refused,
                 fmt::format("the archive cannot be read: {:.200}", text != nullptr ? text : "unknown"),
                 "Build the artifact again; its format must be the one that the manifest names.");
}

int filter_of(ArchiveFormat format) {
    switch (format) {
        case ArchiveFormat::tar:
            return ARCHIVE_FILTER_NONE;
        case ArchiveFormat::tar_gz:
            return ARCHIVE_FILTER_GZIP;
        case ArchiveFormat::tar_zst:
            return ARCHIVE_FILTER_ZSTD;
    }
    return ARCHIVE_FILTER_NONE;
}

Result<Archive> open_archive(const os::UniqueFd& file, ArchiveFormat format) {
    Archive a(::archive_read_new());
    ::archive_read_support_format_tar(a.get());
    // Only the announced filter: no other, and none on top of it.
    if (format != ArchiveFormat::tar &&
        ::archive_read_append_filter(a.get(), filter_of(format)) != ARCHIVE_OK)
        return damaged(a.get());
    if (::archive_read_open_fd(a.get(), file.get(), kBlock) != ARCHIVE_OK) return damaged(a.get());
    return a;
}

Result<Entry> read_entry(archive_entry* from) {
    Entry entry;
    const char* path = ::archive_entry_pathname(from);
    if (path == nullptr) return Error(Code::refused, "an archive entry's name is not UTF-8");
    entry.path = path;
    entry.mode = static_cast<std::uint32_t>(::archive_entry_perm(from)) & 07777U;
    entry.size = ::archive_entry_size(from);
    if (::archive_entry_hardlink(from) != nullptr) {
        entry.type = EntryType::hardlink;
    } else if (const auto type = ::archive_entry_filetype(from); type == S_IFREG) {
        entry.type = EntryType::file;
    } else if (type == S_IFDIR) {
        entry.type = EntryType::folder;
    } else if (type == S_IFLNK) {
        entry.type = EntryType::symlink;
        const char* target = ::archive_entry_symlink(from);
        entry.link_target = target != nullptr ? target : "";
    } else {
        entry.type = EntryType::other;
    }
    return entry;
}

Error failed_at(std::string_view doing, const std::string& path, int why) {
    const bool full = why == ENOSPC || why == EDQUOT;
    return Error(full ? Code::resource_exhausted : Code::unavailable,
                 fmt::format("{} '{}': {}", doing, path, std::generic_category().message(why)),
                 full ? "Free space under the services root, then try again." : "");
}

Status write_at(const os::UniqueFd& file, const char* data, std::size_t size, std::int64_t offset,
                const std::string& path) {
    while (size > 0) {
        const ssize_t put = ::pwrite(file.get(), data, size, offset);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return failed_at("writing", path, errno);
        data += put;
        size -= static_cast<std::size_t>(put);
        offset += put;
    }
    return {};
}

// Never more than the size that the rules have counted.
Status write_content(archive* a, const os::UniqueFd& file, const Entry& entry,
                     const std::function<bool()>& go_on) {
    for (;;) {
        const void* data = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        const int status = ::archive_read_data_block(a, &data, &size, &offset);
        if (status == ARCHIVE_EOF) return {};
        if (status != ARCHIVE_OK) return damaged(a);
        if (offset < 0 || offset > entry.size || static_cast<la_int64_t>(size) > entry.size - offset)
            return Error(Code::refused,
                         fmt::format("archive entry '{:.80}' is longer than it says", entry.path));
        SB_CHECK(write_at(file, static_cast<const char*>(data), size, offset, entry.path));
        if (!go_on()) return Error(Code::cancelled, "the step's time is over");
    }
}

Status write_entry(archive* a, const Entry& entry, const std::string& path, TreeWriter& tree,
                   const std::function<bool()>& go_on) {
    switch (entry.type) {
        case EntryType::folder:
            return tree.make_folder(path);
        case EntryType::symlink:
            return tree.make_link(path, entry.link_target);
        case EntryType::file: {
            SB_TRY(const os::UniqueFd file, tree.make_file(path, (entry.mode & 0111U) != 0, entry.size));
            return write_content(a, file, entry, go_on);
        }
        case EntryType::hardlink:
        case EntryType::other:
            break;
    }
    return Error(Code::internal, "an archive entry passed the rules that must not");
}

}  // namespace

Status unpack(const os::UniqueFd& file, ArchiveFormat format, const ArchiveLimits& limits,
              const std::string& folder, const std::function<bool()>& go_on) {
    const os::Utf8Locale utf8;  // libarchive converts names by the thread's locale
    SB_TRY(const Archive a, open_archive(file, format));
    SB_TRY(TreeWriter tree, TreeWriter::open(folder));
    ArchiveRules rules(limits);
    for (;;) {
        archive_entry* raw = nullptr;
        const int status = ::archive_read_next_header(a.get(), &raw);
        if (status == ARCHIVE_EOF) break;
        // Warnings too: what libarchive had to bend is not what was approved.
        if (status != ARCHIVE_OK) return damaged(a.get());
        SB_TRY(const Entry entry, read_entry(raw));
        SB_TRY(const std::string path, rules.admit(entry));
        if (!path.empty())
            SB_CHECK(write_entry(a.get(), entry, path, tree, go_on).with_context("unpacking into " + folder));
        if (!go_on()) return Error(Code::cancelled, "the step's time is over");
    }
    return tree.sync();
}

}  // namespace signalbox::actions
