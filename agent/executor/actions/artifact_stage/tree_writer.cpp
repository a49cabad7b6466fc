// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/artifact_stage/tree_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace signalbox::actions {
namespace {

Error failed_at(std::string_view doing, const std::string& path) {
    const int why = errno;
    return Error(why == ENOSPC || why == EDQUOT ? Code::resource_exhausted : Code::unavailable,
                 fmt::format("{} '{}': {}", doing, path, std::generic_category().message(why)),
                 why == ENOSPC ? "Free space under the services root." : "");
}

// One component at a time, none of them a link and none that leads up: what openat2 does with RESOLVE_BENEATH
// and RESOLVE_NO_SYMLINKS, which the executor's unit does not let through (RestrictSUIDSGID, ADR 0020).
os::UniqueFd open_beneath(const os::UniqueFd& root, const std::string& path, int flags, mode_t mode) {
    os::UniqueFd folder;
    std::string_view rest = path;
    for (;;) {
        const auto slash = rest.find('/');
        const std::string component(rest.substr(0, slash));
        if (component.empty() || component == "..") {
            errno = EXDEV;
            return {};
        }
        const bool last = slash == std::string_view::npos;
        os::UniqueFd next(::openat(folder.valid() ? folder.get() : root.get(), component.c_str(),
                                   (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC, mode));
        if (last || !next.valid()) return next;
        folder = std::move(next);
        rest.remove_prefix(slash + 1);
    }
}

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

}  // namespace

Result<TreeWriter> TreeWriter::open(const std::string& folder) {
    os::UniqueFd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!root.valid()) return failed_at("opening the folder", folder);
    return TreeWriter(std::move(root));
}

Result<os::UniqueFd> TreeWriter::open_parent(const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash);
    os::UniqueFd opened = open_beneath(root_, parent, O_PATH | O_DIRECTORY, 0);
    if (opened.valid()) return opened;
    if (errno != ENOENT) return failed_at("opening", parent);
    SB_CHECK(make_folder(parent));
    opened = open_beneath(root_, parent, O_PATH | O_DIRECTORY, 0);
    if (!opened.valid()) return failed_at("opening", parent);
    return opened;
}

Status TreeWriter::make_folder(const std::string& path) {
    SB_TRY(const os::UniqueFd parent, open_parent(path));
    const std::string name = name_of(path);
    if (::mkdirat(parent.get(), name.c_str(), 0755) != 0 && errno != EEXIST) return failed_at("making", path);
    // Whatever the umask: the services' users must be able to enter.
    const os::UniqueFd made = open_beneath(root_, path, O_RDONLY | O_DIRECTORY, 0);
    if (!made.valid() || ::fchmod(made.get(), 0755) != 0) return failed_at("opening", path);
    return {};
}

Result<os::UniqueFd> TreeWriter::make_file(const std::string& path, bool executable, std::int64_t size) {
    SB_TRY(const os::UniqueFd parent, open_parent(path));
    os::UniqueFd file = open_beneath(root_, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!file.valid()) return failed_at("making", path);
    if (::ftruncate(file.get(), size) != 0) return failed_at("sizing", path);
    if (::fchmod(file.get(), executable ? 0755 : 0644) != 0) return failed_at("setting the mode of", path);
    return file;
}

Status TreeWriter::make_link(const std::string& path, const std::string& target) {
    SB_TRY(const os::UniqueFd parent, open_parent(path));
    if (::symlinkat(target.c_str(), parent.get(), name_of(path).c_str()) != 0)
        return failed_at("linking", path);
    return {};
}

Status TreeWriter::sync() {
    if (::syncfs(root_.get()) != 0) return failed_at("syncing", ".");
    return {};
}

}  // namespace signalbox::actions
