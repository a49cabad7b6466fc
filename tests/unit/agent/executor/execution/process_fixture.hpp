// SPDX-License-Identifier: Apache-2.0
// Runs commands in a folder of the test's own and looks at what became of their processes.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "agent/executor/execution/process.hpp"
#include "common/os/temp_directory.hpp"

namespace signalbox::execution {

class Process : public ::testing::Test {
  protected:
    Result<CommandResult> run_shell(const std::string& script,
                                    std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        return run_argv({"/bin/sh", "-c", script}, limit);
    }
    Result<CommandResult> run_argv(std::vector<std::string> argv,
                                   std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        CommandSpec spec;
        spec.argv = std::move(argv);
        spec.working_directory = folder.path();
        spec.env = env;
        spec.limit = limit;
        spec.limits = limits;
        spec.user = user;
        spec.control_groups = control_groups;
        spec.term_grace = std::chrono::milliseconds(100);
        return run(spec, clock, cancel);
    }
    static bool alive(pid_t pid) {
        if (::kill(pid, 0) != 0) return false;
        std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
        std::string id, name_in_stat, state;
        stat >> id >> name_in_stat >> state;
        return state != "Z";  // dead; its new parent has not looked yet
    }
    pid_t id_in(const std::string& name) const {
        std::ifstream file(folder.file(name));
        pid_t pid = 0;
        file >> pid;
        return pid;
    }
    // The process whose id the script wrote into `name` is gone.
    bool gone(const std::string& name) {
        const pid_t pid = id_in(name);
        EXPECT_GT(pid, 1);
        for (int i = 0; i < 500 && alive(pid); ++i) ::poll(nullptr, 0, 10);
        return !alive(pid);
    }
    static pid_t parent(pid_t of) {
        std::ifstream stat("/proc/" + std::to_string(of) + "/stat");
        std::string id, name, state;
        pid_t above = 0;
        stat >> id >> name >> state >> above;
        return above;
    }

    os::TempDirectory folder = std::move(os::TempDirectory::make()).value();
    std::map<std::string, std::string> env;
    Limits limits;
    std::string user;
    const ControlGroups* control_groups = nullptr;
    SystemClock clock;
    std::atomic<bool> cancel{false};
};

}  // namespace signalbox::execution
