// SPDX-License-Identifier: Apache-2.0
// A control group (cgroup v2) of its own for each command, below the executor's, so that the kernel knows
// what belongs to it, however often it forked away, and kills all of it at once (cgroup.kill, Linux 5.14). No
// controller is turned on there: what a command may use is said by limits.hpp. Where there is none - cgroup
// v1, a read-only hierarchy, no delegation - trees are found by parentage alone (supervisor.hpp).
// Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "common/base/result.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::execution {

// The group of one command. Gone with the object, when nothing runs in it any more.
class ControlGroup {
  public:
    ControlGroup(std::string path, os::UniqueFd processes, os::UniqueFd kill);
    ~ControlGroup();
    ControlGroup(const ControlGroup&) = delete;
    ControlGroup& operator=(const ControlGroup&) = delete;

    // Who writes "0" there enters.
    [[nodiscard]] int processes_fd() const { return processes_.get(); }
    // Who writes "1" there kills everything inside.
    [[nodiscard]] int kill_fd() const { return kill_.get(); }
    // Kills everything inside and waits until it is empty, at most half a second.
    void kill_all() const;

  private:
    std::string path_;
    os::UniqueFd processes_, kill_;
};

class ControlGroups {
  public:
    // Where this process may make groups; tried out. `proc_self`: /proc/self, or what a test puts in its
    // place. Errors: unavailable, saying what is missing.
    [[nodiscard]] static Result<ControlGroups> find(const std::string& proc_self = "/proc/self");

    [[nodiscard]] const std::string& folder() const { return folder_; }
    // Also removes groups that have become empty and whose maker has ended. Errors: unavailable.
    [[nodiscard]] Result<std::unique_ptr<ControlGroup>> make() const;

  private:
    explicit ControlGroups(std::string folder) : folder_(std::move(folder)) {}
    std::string folder_;
};

}  // namespace signalbox::execution
