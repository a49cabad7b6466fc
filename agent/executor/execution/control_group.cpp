// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/execution/control_group.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>
#include <vector>

namespace signalbox::execution {
namespace {

constexpr std::string_view kPrefix = "signalbox-step-";
constexpr int kKillRounds = 500;

Error missing(std::string why) {
    return Error(Code::unavailable, std::move(why));
}

std::string why() {
    return std::generic_category().message(errno);
}

// The line "0::/…" of /proc/self/cgroup: where we are in the unified hierarchy.
std::optional<std::string> own_group(const std::string& proc_self) {
    std::ifstream file(proc_self + "/cgroup");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("0::/")) return line.substr(3);
    return std::nullopt;
}

struct Mount {
    std::string root, point;
};

// A line is "id parent major:minor root point options - type source super-options".
std::vector<Mount> unified_mounts(const std::string& proc_self) {
    std::vector<Mount> found;
    std::ifstream file(proc_self + "/mountinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.find(" - cgroup2 ") == std::string::npos) continue;
        std::istringstream words(line);
        std::string id, parent, device;
        Mount mount;
        words >> id >> parent >> device >> mount.root >> mount.point;
        found.push_back(std::move(mount));
    }
    return found;
}

os::UniqueFd open_for_writing(const std::string& path) {
    return os::UniqueFd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
}

// A group's name says which process made it. Other executors on this host have groups beside ours.
bool abandoned(std::string_view name) {
    if (!name.starts_with(kPrefix)) return false;
    name.remove_prefix(kPrefix.size());
    pid_t maker = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), maker);
    if (read.ec != std::errc() || maker <= 0) return false;
    return maker == ::getpid() || (::kill(maker, 0) != 0 && errno == ESRCH);
}

// The groups of this process that have an owner: one that was just made is empty, and must stay.
class Owned {
  public:
    void add(const std::string& path) {
        const std::lock_guard lock(mutex_);
        paths_.insert(path);
    }
    void remove(const std::string& path) {
        const std::lock_guard lock(mutex_);
        paths_.erase(path);
    }
    void remove_empty_others(const std::string& folder) {
        const std::lock_guard lock(mutex_);
        std::error_code none;
        for (const auto& entry : std::filesystem::directory_iterator(folder, none))
            if (abandoned(entry.path().filename().string()) && !paths_.contains(entry.path()))
                (void)::rmdir(entry.path().c_str());
    }

  private:
    std::mutex mutex_;
    std::set<std::string> paths_;
};

Owned& owned() {
    static Owned groups;  // of the process, as their numbers are
    return groups;
}

}  // namespace

ControlGroup::ControlGroup(std::string path, os::UniqueFd processes, os::UniqueFd kill)
    : path_(std::move(path)), processes_(std::move(processes)), kill_(std::move(kill)) {}

ControlGroup::~ControlGroup() {
    owned().remove(path_);
    (void)::rmdir(path_.c_str());  // what the command left running keeps it; the next command tries again
}

void ControlGroup::kill_all() const {
    for (int round = 0; round < kKillRounds; ++round) {
        (void)!::write(kill_.get(), "1", 1);
        if (::rmdir(path_.c_str()) == 0 || errno == ENOENT) return;
        ::poll(nullptr, 0, 1);
    }
}

Result<ControlGroups> ControlGroups::find(const std::string& proc_self) {
    const auto own = own_group(proc_self);
    if (!own) return missing("this host has no unified control groups (cgroup v2)");
    const auto mounts = unified_mounts(proc_self);
    if (mounts.empty()) return missing("the unified control groups (cgroup v2) are not mounted");
    std::string last;
    for (const Mount& mount : mounts) {
        // The mount shows the hierarchy from `root` down; we must be in what it shows.
        const std::string base = mount.root == "/" ? "" : mount.root;
        if (!own->starts_with(base)) continue;
        std::string folder = mount.point + own->substr(base.size());
        while (folder.ends_with('/')) folder.pop_back();
        ControlGroups groups(std::move(folder));
        const auto tried = groups.make();
        if (tried) return groups;
        last = tried.error().message();
    }
    return missing(last.empty() ? "the mounted control groups do not show the executor's own" : last);
}

Result<std::unique_ptr<ControlGroup>> ControlGroups::make() const {
    static std::atomic<unsigned> number{0};
    owned().remove_empty_others(folder_);
    const std::string path = fmt::format("{}/{}{}-{}", folder_, kPrefix, ::getpid(), ++number);
    owned().add(path);
    if (::mkdir(path.c_str(), 0755) != 0) {
        Error error = missing(fmt::format("making the control group {}: {}", path, why()));
        owned().remove(path);
        return error;
    }
    os::UniqueFd processes = open_for_writing(path + "/cgroup.procs");
    os::UniqueFd kill = processes.valid() ? open_for_writing(path + "/cgroup.kill") : os::UniqueFd();
    if (!kill.valid()) {
        Error error =
            missing(fmt::format("the control group {} cannot be killed as a whole: {}", path, why()));
        (void)::rmdir(path.c_str());
        owned().remove(path);
        return error;
    }
    return std::make_unique<ControlGroup>(path, std::move(processes), std::move(kill));
}

}  // namespace signalbox::execution
