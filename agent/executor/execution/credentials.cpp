// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/execution/credentials.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "common/os/unique_fd.hpp"

namespace signalbox::execution {
namespace {

namespace fs = std::filesystem;

Error failed(std::string_view doing, const std::string& path) {
    const int why = errno;
    return Error(why == ENOSPC ? Code::resource_exhausted : Code::unavailable,
                 fmt::format("{} {}: {}", doing, path, std::generic_category().message(why)));
}

Status write_one(const std::string& path, ByteView value, const User& user) {
    const os::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400));
    if (!file.valid()) return failed("making", path);
    for (ByteView rest = value; !rest.empty();) {
        const ssize_t wrote = ::write(file.get(), rest.data(), rest.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return failed("writing", path);
        rest = rest.subspan(static_cast<std::size_t>(wrote));
    }
    if (user.switch_to && ::fchown(file.get(), user.uid, user.gid) != 0)
        return failed("giving to its user", path);
    return {};
}

}  // namespace

Result<Credentials> Credentials::make(const std::string& folder, const secret::Values& values,
                                      const User& user) {
    const std::string root = fs::path(folder).parent_path().string();
    if (::mkdir(root.c_str(), 0711) != 0 && errno != EEXIST) return failed("making", root);
    if (::chmod(root.c_str(), 0711) != 0) return failed("opening", root);  // whatever the umask
    std::error_code none;
    fs::remove_all(folder, none);
    if (::mkdir(folder.c_str(), 0700) != 0) return failed("making", folder);
    Credentials made(folder);
    for (const auto& [name, value] : values) SB_CHECK(write_one(folder + "/" + name, value.expose(), user));
    // The executor's own, and readable by the user's group: names are no secret, and each file is its user's.
    if (user.switch_to && (::chown(folder.c_str(), static_cast<uid_t>(-1), user.gid) != 0 ||
                           ::chmod(folder.c_str(), 0750) != 0))
        return failed("opening to its user", folder);
    return made;
}

Credentials::~Credentials() {
    std::error_code none;
    if (!folder_.empty()) fs::remove_all(folder_, none);
}

void clear_credentials(const std::string& root) {
    std::error_code none;
    fs::remove_all(root, none);
}

}  // namespace signalbox::execution
