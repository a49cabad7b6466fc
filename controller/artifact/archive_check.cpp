// SPDX-License-Identifier: Apache-2.0
#include "controller/artifact/archive_check.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <set>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/os/random_access.hpp"

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

std::string_view sniff(ByteView head) {
    const auto starts = [&](std::initializer_list<std::uint8_t> magic) {
        return head.size() >= magic.size() && std::equal(magic.begin(), magic.end(), head.begin());
    };
    if (starts({0x1f, 0x8b})) return "tar.gz";
    if (starts({0x28, 0xb5, 0x2f, 0xfd})) return "tar.zst";
    if (head.size() >= 262 && to_text(head.subspan(257, 5)) == "ustar") return "tar";
    return "";
}

// "a/./b//c/" as "a/b/c".
std::string normal(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        const std::string_view part = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), part.size() + 1));
        if (part.empty() || part == ".") continue;
        if (!out.empty()) out += '/';
        out += part;
    }
    return out;
}

// Whether a link at `path` to `target` stays within the tree.
bool stays_inside(std::string_view path, std::string_view target) {
    if (target.empty() || target.front() == '/') return false;
    auto depth = std::count(path.begin(), path.end(), '/');
    while (!target.empty()) {
        const std::string_view part = target.substr(0, target.find('/'));
        target.remove_prefix(std::min(target.size(), part.size() + 1));
        if (part == "..") {
            if (--depth < 0) return false;
        } else if (!part.empty() && part != ".") {
            ++depth;
        }
    }
    return true;
}

class Checker {
  public:
    Checker(const ArchiveLimits& limits, std::uint64_t packed) : limits_(limits), packed_(packed) {}

    Status entry(archive_entry* entry) {
        if (++summary_.entries > limits_.max_entries) {
            return cap(fmt::format("it has more than {} entries", limits_.max_entries));
        }
        const char* raw = archive_entry_pathname(entry);
        const std::string path = raw == nullptr ? "" : raw;
        const auto type = archive_entry_filetype(entry);
        // The folder itself ("./") says nothing.
        if (type == AE_IFDIR && !path.empty() && path.front() != '/' && normal(path).empty()) return {};
        if (const auto why = path_problem(path); !why.empty())
            return refuse(fmt::format("'{:.200}' {}", path, why));
        const std::string name = normal(path);
        if (archive_entry_hardlink(entry) != nullptr) {
            return refuse(fmt::format("'{:.200}' is a hard link, and those are not unpacked", path));
        }
        if (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK) {
            return refuse(fmt::format("'{:.200}' is a device, a fifo or a socket", path));
        }
        if ((archive_entry_perm(entry) & 06000) != 0) {
            return refuse(fmt::format("'{:.200}' has a set-user-id or set-group-id mode", path));
        }
        if (type == AE_IFLNK) {
            const char* target = archive_entry_symlink(entry);
            if (target == nullptr || !stays_inside(name, target)) {
                return refuse(fmt::format("the link '{:.200}' leads out of the archive, to '{:.200}'", path,
                                          target == nullptr ? "" : target));
            }
            links_.insert(name);
        }
        if (!names_.insert(name).second && type != AE_IFDIR) {
            return refuse(fmt::format("'{:.200}' is there twice", path));
        }
        for (std::size_t slash = name.find('/'); slash != std::string::npos;
             slash = name.find('/', slash + 1)) {
            if (links_.contains(name.substr(0, slash))) {
                return refuse(
                    fmt::format("'{:.200}' goes through the link '{:.200}'", path, name.substr(0, slash)));
            }
        }
        return {};
    }

    Status data(std::uint64_t bytes) {
        summary_.unpacked_bytes += bytes;
        if (summary_.unpacked_bytes > limits_.max_unpacked_bytes) {
            return cap(fmt::format("it unpacks to more than {} MiB", limits_.max_unpacked_bytes >> 20));
        }
        if (summary_.unpacked_bytes > (64U << 20) && summary_.unpacked_bytes / limits_.max_ratio > packed_) {
            return cap(fmt::format("it unpacks to more than {} times its size", limits_.max_ratio));
        }
        return {};
    }

    [[nodiscard]] const ArchiveSummary& summary() const { return summary_; }

  private:
    static Error cap(std::string message) {
        return {Code::resource_exhausted, std::move(message), "Release less at once, or compress less"};
    }

    const ArchiveLimits& limits_;
    std::uint64_t packed_;
    ArchiveSummary summary_;
    std::set<std::string, std::less<>> names_;
    std::set<std::string, std::less<>> links_;
};

Status read_data(archive* reader, archive_entry* entry, Checker& checker) {
    // A sparse file claims bytes that no block carries.
    const auto claimed = static_cast<std::uint64_t>(std::max<la_int64_t>(0, archive_entry_size(entry)));
    SB_CHECK(checker.data(claimed));
    std::vector<char> buffer(1 << 16);
    for (std::uint64_t seen = 0;;) {
        const auto got = archive_read_data(reader, buffer.data(), buffer.size());
        if (got == 0) return {};
        if (got < 0) return refuse(fmt::format("it is damaged: {}", archive_error_string(reader)));
        seen += static_cast<std::uint64_t>(got);
        if (seen > claimed) SB_CHECK(checker.data(static_cast<std::uint64_t>(got)));
    }
}

}  // namespace

Status check_format(std::string_view format) {
    if (format == "tar" || format == "tar.gz" || format == "tar.zst") return {};
    return Error{Code::invalid_argument, fmt::format("'{:.40}' is no format of an artifact", format),
                 "Use tar, tar.gz or tar.zst"};
}

std::string path_problem(std::string_view path) {
    if (path.empty()) return "is an empty path";
    if (path.size() > 4096) return "is longer than 4096 bytes";
    if (path.front() == '/') return "is an absolute path";
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::any_of(path.begin(), path.end(), control)) return "holds a control character";
    if (path.find('\\') != std::string_view::npos) return "holds a backslash";
    while (!path.empty()) {
        const std::string_view part = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(path.size(), part.size() + 1));
        if (part == "..") return "leaves the folder that it is unpacked to";
        if (part.size() > 255) return "has a name longer than 255 bytes";
    }
    return "";
}

Result<ArchiveSummary> check_archive(int fd, std::string_view format, const ArchiveLimits& limits) {
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
    const Reader reader(archive_read_new());
    archive_read_support_format_tar(reader.get());
    if (format == "tar.gz") archive_read_support_filter_gzip(reader.get());
    if (format == "tar.zst") archive_read_support_filter_zstd(reader.get());
    SB_CHECK(os::rewind(fd));
    if (archive_read_open_fd(reader.get(), fd, 1 << 16) != ARCHIVE_OK) {
        return refuse(fmt::format("it cannot be read: {}", archive_error_string(reader.get())));
    }
    Checker checker(limits, packed);
    for (;;) {
        archive_entry* entry = nullptr;
        const int code = archive_read_next_header(reader.get(), &entry);
        if (code == ARCHIVE_EOF) break;
        if (code != ARCHIVE_OK) {
            return refuse(fmt::format("it is damaged after {} entries: {}", checker.summary().entries,
                                      archive_error_string(reader.get())));
        }
        SB_CHECK(checker.entry(entry));
        SB_CHECK(read_data(reader.get(), entry, checker));
    }
    if (checker.summary().entries == 0) return refuse("the archive is empty");
    return checker.summary();
}

}  // namespace signalbox::artifact
