// SPDX-License-Identifier: Apache-2.0
// Unpacking an artifact: whatever the bytes are, nothing appears outside of the folder, nothing in it is more
// than a plain file, a folder or a link that stays inside, the caps hold, and the controller's door and the
// executor refuse the same archives.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "agent/executor/actions/artifact_stage/unpack.hpp"
#include "common/os/temp_directory.hpp"
#include "controller/artifact/archive_check.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr actions::ArchiveLimits kLimits{200, 256 << 10};

struct Format {
    actions::ArchiveFormat format;
    const char* name;
};

Format format_of(std::string_view input) {
    if (input.starts_with("\x1f\x8b")) return {actions::ArchiveFormat::tar_gz, "tar.gz"};
    if (input.starts_with("\x28\xb5\x2f\xfd")) return {actions::ArchiveFormat::tar_zst, "tar.zst"};
    return {actions::ArchiveFormat::tar, "tar"};
}

os::UniqueFd in_memory(std::string_view input) {
    os::UniqueFd file(::memfd_create("archive", MFD_CLOEXEC));
    require(file.valid(), "a file in memory can be had");
    require(::write(file.get(), input.data(), input.size()) == static_cast<ssize_t>(input.size()),
            "a file in memory can be written");
    require(::lseek(file.get(), 0, SEEK_SET) == 0, "a file in memory can be read from its start");
    return file;
}

void stays_inside(const fs::path& link, const fs::path& root) {
    const fs::path target = fs::read_symlink(link);
    require(target.is_relative(), "a link is relative");
    const fs::path end = (link.parent_path() / target).lexically_normal();
    const fs::path way = end.lexically_relative(root);
    require(!way.empty() && *way.begin() != "..", "a link stays inside");
}

void well_formed(const fs::path& root) {
    std::int64_t bytes = 0;
    std::int64_t entries = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        struct stat is {};
        require(::lstat(entry.path().c_str(), &is) == 0, "what was unpacked can be looked at");
        const mode_t type = is.st_mode & S_IFMT;
        const mode_t mode = is.st_mode & 07777;
        if (type == S_IFLNK)
            stays_inside(entry.path(), root);
        else
            require(type == S_IFDIR || type == S_IFREG, "only files, folders and links are made");
        if (type == S_IFDIR) require(mode == 0755, "a folder's mode is 0755");
        if (type == S_IFREG) {
            require(mode == 0755 || mode == 0644, "a file's mode is 0755 or 0644");
            require(is.st_nlink == 1, "a file has one name");
            bytes += is.st_size;
        }
        ++entries;
    }
    require(bytes <= kLimits.max_bytes, "the cap on bytes holds");
    require(entries <= 40 * kLimits.max_entries, "the cap on entries holds");
}

}  // namespace

void one(std::string_view input) {
    ::umask(022);
    const Format format = format_of(input);
    const os::UniqueFd archive = in_memory(input);
    const os::TempDirectory scratch = os::TempDirectory::make().value();
    const fs::path tree = fs::path(scratch.path()) / "tree";
    require(fs::create_directory(tree), "a folder can be made");
    const Status unpacked =
        actions::unpack(archive, format.format, kLimits, tree.string(), [] { return true; });
    well_formed(tree);
    require(std::distance(fs::directory_iterator(scratch.path()), {}) == 1, "nothing appears outside");
    const Status accepted = artifact::check_archive(archive.get(), format.name, kLimits);
    // The door may be stricter; it must not let in what the host then refuses.
    if (accepted && !unpacked) std::fprintf(stderr, "%s\n", unpacked.error().to_string().c_str());
    require(!accepted || unpacked, "what the controller takes, the host unpacks");
}

}  // namespace signalbox::fuzz
