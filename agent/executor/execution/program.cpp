// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/execution/program.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace signalbox::execution {
namespace {

bool is_executable_file(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 0111U) != 0;
}

Result<std::vector<gid_t>> groups_of(const std::string& name, gid_t primary) {
    std::vector<gid_t> groups(64);
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(name.c_str(), primary, groups.data(), &count) < 0)
        return Error(Code::resource_exhausted, fmt::format("user {} is in more than 64 groups", name));
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

}  // namespace

Result<std::string> resolve_program(const std::string& argv0) {
    if (argv0.starts_with('/')) {
        if (is_executable_file(argv0)) return argv0;
        return Error(Code::not_found, fmt::format("{} is not an executable file", argv0),
                     "Install it on this host, or change the release.");
    }
    for (std::string_view rest = kPath; !rest.empty();) {
        const auto end = std::min(rest.find(':'), rest.size());
        const std::string candidate = fmt::format("{}/{}", rest.substr(0, end), argv0);
        if (is_executable_file(candidate)) return candidate;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return Error(Code::not_found, fmt::format("there is no program '{}' in {}", argv0, kPath),
                 "Install it on this host, or give its absolute path in the release.");
}

Result<User> find_user(const std::string& name) {
    User user;
    user.uid = ::geteuid();
    user.gid = ::getegid();
    std::array<char, 16 * 1024> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (name.empty()) {
        ::getpwuid_r(user.uid, &entry, buffer.data(), buffer.size(), &found);
        user.home = found != nullptr ? found->pw_dir : "/";
        return user;
    }
    ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr)
        return Error(Code::not_found, fmt::format("there is no user '{}' on this host", name),
                     "Make the user, or change the release.");
    user.home = entry.pw_dir;
    if (entry.pw_uid == user.uid) return user;
    if (user.uid != 0)
        return Error(Code::permission_denied, fmt::format("only root may run a command as '{}'", name),
                     "Run signalbox-executor as root, or leave the user out.");
    user.uid = entry.pw_uid;
    user.gid = entry.pw_gid;
    user.switch_to = true;
    SB_TRY(user.groups, groups_of(name, entry.pw_gid));
    return user;
}

std::vector<std::string> clean_environment(const std::string& home,
                                           const std::map<std::string, std::string>& extra) {
    std::vector<std::string> lines = {fmt::format("PATH={}", kPath), "HOME=" + home, "LANG=C.UTF-8"};
    for (const auto& [name, value] : extra) lines.push_back(name + "=" + value);
    return lines;
}

}  // namespace signalbox::execution
