// SPDX-License-Identifier: Apache-2.0
#include "common/os/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "common/os/posix/posix_error.hpp"

namespace signalbox::os {
namespace {

// What the new process tells us through a pipe when it cannot become the program.
struct Failure {
    int error_number;
    char doing[28];
};

// Everything that the child needs, made before the fork: after it only async-signal-safe calls are allowed,
// because another thread may have held any lock.
struct Prepared {
    std::vector<char*> argv;
    std::vector<char*> env;
    std::vector<std::string> env_text;
    std::vector<gid_t> groups;
    std::array<int, 3> stdio{};
    UniqueFd null;
};

[[noreturn]] void give_up(int report, const char* doing) {
    Failure failure{errno, {}};
    for (std::size_t i = 0; i + 1 < sizeof failure.doing && doing[i] != '\0'; ++i)
        failure.doing[i] = doing[i];
    [[maybe_unused]] const auto written = ::write(report, &failure, sizeof failure);
    ::_exit(127);
}

[[noreturn]] void become(const SpawnOptions& options, const Prepared& prepared, int report) {
    if (::setsid() < 0) give_up(report, "making a session for");
    // Ours could be ignored or blocked; the program starts with the defaults.
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);

    // Move the three out of the way of 0, 1, 2 first: one of them may be one of those.
    std::array<int, 3> moved{};
    for (std::size_t i = 0; i < 3; ++i) {
        moved[i] = ::fcntl(prepared.stdio[i], F_DUPFD_CLOEXEC, 3);
        if (moved[i] < 0) give_up(report, "passing descriptors to");
    }
    for (std::size_t i = 0; i < 3; ++i)
        if (::dup2(moved[i], static_cast<int>(i)) < 0) give_up(report, "passing descriptors to");
    // Every descriptor above 2 is closed at exec, whoever opened it and forgot to say so.
    if (::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) != 0)
        give_up(report, "closing descriptors of");

    if (options.user) {
        if (::setgroups(prepared.groups.size(), prepared.groups.data()) != 0)
            give_up(report, "setting the groups of");
        if (::setresgid(options.user->gid, options.user->gid, options.user->gid) != 0)
            give_up(report, "setting the group of");
        if (::setresuid(options.user->uid, options.user->uid, options.user->uid) != 0)
            give_up(report, "setting the user of");
    }
    if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0)
        give_up(report, "entering the directory for");
    ::umask(022);
    ::execve(prepared.argv[0], prepared.argv.data(), prepared.env.data());
    give_up(report, "executing");
}

Result<Prepared> prepare(const SpawnOptions& options) {
    if (options.argv.empty() || options.argv[0].find('/') == std::string::npos)
        return Error(Code::invalid_argument, "a program to run must be named by its path",
                     "Give the absolute path of the program.");
    Prepared prepared;
    for (const auto& argument : options.argv) {
        if (argument.find('\0') != std::string::npos)
            return Error(Code::invalid_argument,
                         "an argument of " + options.argv[0] + " contains a NUL byte");
        prepared.argv.push_back(const_cast<char*>(argument.c_str()));
    }
    prepared.argv.push_back(nullptr);
    for (const auto& [name, value] : options.env) {
        if ((name + value).find('\0') != std::string::npos || name.empty() ||
            name.find('=') != std::string::npos)
            return Error(
                Code::invalid_argument,
                fmt::format("environment variable \"{}\" for {} is malformed", name, options.argv[0]));
        prepared.env_text.push_back(name + "=" + value);
    }
    for (auto& text : prepared.env_text) prepared.env.push_back(text.data());
    prepared.env.push_back(nullptr);
    if (options.user) prepared.groups.assign(options.user->groups.begin(), options.user->groups.end());
    prepared.stdio = {options.in, options.out, options.err};
    for (int& fd : prepared.stdio) {
        if (fd >= 0) continue;
        if (!prepared.null) prepared.null = UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
        if (!prepared.null) return posix_error(errno, "opening", "/dev/null");
        fd = prepared.null.get();
    }
    return prepared;
}

}  // namespace

Result<RunAs> look_up_user(const std::string& name) {
    std::vector<char> buffer(16384);
    passwd entry{};
    passwd* found = nullptr;
    if (const int failed = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
        failed != 0)
        return posix_error(failed, "looking up user", name);
    if (found == nullptr)
        return Error(Code::not_found, "there is no user " + name, "Create it, or correct the name.");
    RunAs user{entry.pw_uid, entry.pw_gid, {}};
    int count = 64;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    while (::getgrouplist(name.c_str(), entry.pw_gid, groups.data(), &count) < 0)
        groups.resize(static_cast<std::size_t>(count));
    user.groups.assign(groups.begin(), groups.begin() + count);
    return user;
}

Result<std::pair<UniqueFd, UniqueFd>> make_pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) return posix_error(errno, "creating", "a pipe");
    return std::pair(UniqueFd(fds[0]), UniqueFd(fds[1]));
}

Status forbid_core_dumps() {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_CORE, &none) == 0) return {};
    return posix_error(errno, "forbidding", "core dumps");
}

Status become_subreaper() {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0) return {};
    return posix_error(errno, "becoming", "the parent of orphaned descendants");
}

Result<Child> spawn(const SpawnOptions& options) {
    SB_TRY(const auto prepared, prepare(options));
    SB_TRY(auto report, make_pipe());
    const pid_t pid = ::fork();
    if (pid < 0) return posix_error(errno, "starting", options.argv[0]);
    if (pid == 0) become(options, prepared, report.second.get());
    report.second.reset();
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    const int pidfd_failed = errno;
    Child child(pid, std::move(pidfd));
    Failure failure{};
    ssize_t got = 0;
    // The write end is closed by the exec: the end of the stream is the good news.
    do {
        got = ::read(report.first.get(), &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    if (got == static_cast<ssize_t>(sizeof failure))
        return posix_error(failure.error_number, failure.doing, options.argv[0]);
    if (!child.pidfd_) return posix_error(pidfd_failed, "watching", options.argv[0]);
    return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)), ended_(other.ended_) {}

Child::~Child() {
    if (pid_ <= 0 || ended_) return;
    signal_group(SIGKILL);
    // setsid() may not have happened yet: then the group does not exist, but the child does.
    ::kill(static_cast<pid_t>(pid_), SIGKILL);
    while (::waitpid(static_cast<pid_t>(pid_), nullptr, 0) < 0 && errno == EINTR) {
    }
}

Result<std::optional<ExitState>> Child::wait_for(std::chrono::milliseconds time) {
    if (ended_) return ended_;
    pollfd waiting{pidfd_.get(), POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(time.count()));
    if (ready == 0 || (ready < 0 && errno == EINTR)) return std::optional<ExitState>{};
    if (ready < 0) return posix_error(errno, "waiting for", fmt::format("process {}", pid_));
    // Until it is reaped the group's number cannot be given to anybody else.
    signal_group(SIGKILL);
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0)
        return posix_error(errno, "reaping", fmt::format("process {}", pid_));
    ended_ = info.si_code == CLD_EXITED ? ExitState{info.si_status, 0} : ExitState{0, info.si_status};
    return ended_;
}

void Child::signal_group(int signal_number) {
    if (pid_ > 0 && !ended_) ::kill(static_cast<pid_t>(-pid_), signal_number);
}

}  // namespace signalbox::os
