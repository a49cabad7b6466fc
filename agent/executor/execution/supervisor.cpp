// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/execution/supervisor.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "common/base/time.hpp"

namespace signalbox::execution {
namespace {

constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;
constexpr int kPollMilliseconds = 20;
constexpr int kKillRounds = 500;  // one generation of the tree dies in each

// One system call behind it: safe between fork and exec.
std::int64_t boot_now() {
    return SystemClock().boot().count();
}

// The plan's descriptors at fixed places, so that every other one can be closed: a lifeline of another step
// that was inherited by accident would keep that step's tree alive after the executor's death.
enum : int { kNull = 3, kOut, kErr, kLifeline, kReport, kGroupEnter, kGroupKill, kFirstOther };
constexpr int kPlaces = kFirstOther - kNull;

void keep_only(const SupervisorPlan& plan) {
    const int given[kPlaces] = {plan.null_fd,   plan.out_fd,         plan.err_fd,       plan.lifeline_fd,
                                plan.report_fd, plan.group_enter_fd, plan.group_kill_fd};
    int moved[kPlaces] = {};
    // In the place of what is not given stands /dev/null, which nobody can write to through that descriptor.
    for (int i = 0; i < kPlaces; ++i)
        moved[i] = ::fcntl(given[i] < 0 ? plan.null_fd : given[i], F_DUPFD_CLOEXEC, kFirstOther);
    for (int i = 0; i < kPlaces; ++i)
        if (::dup3(moved[i], kNull + i, O_CLOEXEC) < 0) ::_exit(126);
    ::syscall(SYS_close_range, static_cast<unsigned>(kFirstOther), ~0U, 0U);  // Linux 5.9
}

void reset_signals() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool lower_limits(const SupervisorPlan& plan) {
    for (std::size_t i = 0; i < plan.limit_count; ++i) {
        const ResourceLimit& limit = plan.limits[i];
        if (::setrlimit(static_cast<__rlimit_resource_t>(limit.what), &limit.value) != 0) return false;
    }
    return true;
}

[[noreturn]] void fail(int pipe, int step) {
    const std::int32_t report[2] = {errno, step};
    (void)!::write(pipe, report, sizeof(report));
    ::_exit(127);
}

void send_report(const SupervisorReport& report) {
    (void)!::write(kReport, &report, sizeof(report));
}

[[noreturn]] void become_command(const SupervisorPlan& plan, pid_t supervisor, int failure_fd) {
    ::setsid();
    ::umask(022);
    if (plan.group_enter_fd >= 0 && ::write(kGroupEnter, "0", 1) != 1) fail(failure_fd, 7);
    if (!lower_limits(plan)) fail(failure_fd, 8);
    if (::dup2(kNull, 0) < 0 || ::dup2(kOut, 1) < 0 || ::dup2(kErr, 2) < 0) fail(failure_fd, 1);
    if (plan.switch_user &&
        (::setgroups(plan.group_count, plan.groups) != 0 || ::setresgid(plan.gid, plan.gid, plan.gid) != 0 ||
         ::setresuid(plan.uid, plan.uid, plan.uid) != 0))
        fail(failure_fd, 2);
    // After the change of user, which would undo it; and the supervisor may have died before.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (::getppid() != supervisor) ::_exit(126);
    if (::chdir(plan.working_directory) != 0) fail(failure_fd, 3);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(failure_fd, 4);
    ::execve(plan.program, plan.argv, plan.envp);
    fail(failure_fd, 5);
}

// Kills every direct child and its process group. Orphans of the killed come to us, so the next round has
// them. A child may be in our group while it is forked, hence the exception.
void kill_children() {
    const int file = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    char buffer[4096];
    pid_t pid = 0;
    for (ssize_t got = 0; (got = ::read(file, buffer, sizeof(buffer))) > 0;) {
        for (ssize_t i = 0; i < got; ++i) {
            if (buffer[i] >= '0' && buffer[i] <= '9') {
                pid = pid * 10 + (buffer[i] - '0');
                continue;
            }
            if (pid > 1) {
                const pid_t group = ::getpgid(pid);
                if (group > 1 && group != ::getpgrp()) ::kill(-group, SIGKILL);
                ::kill(pid, SIGKILL);
            }
            pid = 0;
        }
    }
    ::close(file);
}

class Tree {
  public:
    explicit Tree(pid_t command = 0) : command_(command) {}  // 0: only what it left behind

    // Takes the ended ones; true while children are left.
    bool reap() {
        for (;;) {
            int status = 0;
            const pid_t pid = ::waitpid(-1, &status, WNOHANG);
            if (pid == 0) return true;
            if (pid < 0 && errno != EINTR) return false;
            if (pid == command_) {
                ended_ = true;
                status_ = status;
            }
        }
    }
    // SIGTERM to the command's group, some time, then SIGKILL to everything until nothing is left.
    void end(std::int64_t grace_ns) {
        ::kill(-command_, SIGTERM);
        const std::int64_t until = boot_now() + grace_ns;
        bool alive = reap();
        while (alive && !ended_ && boot_now() < until) {
            ::poll(nullptr, 0, kPollMilliseconds);
            alive = reap();
        }
        kill(alive);
    }
    // SIGKILL to everything, until nothing is left.
    void kill(bool alive = true) {
        for (int round = 0; alive && round < kKillRounds; ++round) {
            if (command_ > 0 && !ended_) ::kill(-command_, SIGKILL);
            (void)!::write(kGroupKill, "1", 1);  // fails where there is no group
            kill_children();
            ::poll(nullptr, 0, 1);
            alive = reap();
        }
    }
    [[nodiscard]] bool command_ended() const { return ended_; }
    [[nodiscard]] int status() const { return status_; }

  private:
    pid_t command_;
    bool ended_ = false;
    int status_ = 0;
};

SupervisorEnd watch(const SupervisorPlan& plan, pid_t guard, Tree& tree) {
    for (;;) {
        tree.reap();
        if (tree.command_ended()) return SupervisorEnd::exited;
        if (::getppid() != guard) {
            tree.end(plan.term_grace_ns);
            return SupervisorEnd::lost;
        }
        const std::int64_t left = plan.deadline_ns - boot_now();
        if (left <= 0) {
            tree.end(plan.term_grace_ns);
            return SupervisorEnd::timed_out;
        }
        pollfd lifeline{kLifeline, POLLIN, 0};
        const std::int64_t wait = left / kNanosecondsPerMillisecond + 1;
        const int timeout = wait < kPollMilliseconds ? static_cast<int>(wait) : kPollMilliseconds;
        if (::poll(&lifeline, 1, timeout) > 0) {
            tree.end(plan.term_grace_ns);
            return SupervisorEnd::cut;
        }
    }
}

[[noreturn]] void run_supervisor(const SupervisorPlan& plan, pid_t guard) {
    SupervisorReport report;
    ::setsid();  // who kills the guard's group does not kill us
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    int failure[2] = {-1, -1};
    if (::pipe2(failure, O_CLOEXEC) != 0) ::_exit(126);
    const pid_t supervisor = ::getpid();
    const pid_t command = ::fork();
    if (command == 0) {
        ::signal(SIGPIPE, SIG_DFL);
        become_command(plan, supervisor, failure[1]);
    }
    // The command alone holds its output, so that its end can be seen.
    for (const int fd : {failure[1], int{kOut}, int{kErr}, int{kNull}, int{kGroupEnter}}) ::close(fd);
    report.end = SupervisorEnd::started;
    report.command = command;
    if (command > 0) send_report(report);
    std::int32_t refused[2] = {errno, 6};
    if (command < 0 || ::read(failure[0], refused, sizeof(refused)) == sizeof(refused)) {
        report.end = SupervisorEnd::could_not_start;
        report.error_number = refused[0];
        report.failed_call = refused[1];
    } else {
        Tree tree(command);
        report.end = watch(plan, guard, tree);
        report.wait_status = tree.status();
    }
    send_report(report);
    ::_exit(0);
}

}  // namespace

void supervise(const SupervisorPlan& plan) {
    reset_signals();
    ::signal(SIGPIPE, SIG_IGN);
    ::setsid();  // the executor's terminal signals do not reach the tree
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    keep_only(plan);
    const pid_t guard = ::getpid();
    const pid_t supervisor = ::fork();
    if (supervisor == 0) run_supervisor(plan, guard);
    SupervisorReport report;
    if (supervisor < 0) {
        report.end = SupervisorEnd::could_not_start;
        report.error_number = errno;
        send_report(report);
        ::_exit(0);
    }
    for (const int fd : {int{kOut}, int{kErr}, int{kNull}, int{kLifeline}, int{kGroupEnter}}) ::close(fd);
    int status = 0;
    while (::waitpid(supervisor, &status, 0) < 0 && errno == EINTR) {
    }
    // What a command that ended by itself left behind has fallen to us, and goes on to init.
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) ::_exit(0);
    Tree().kill();
    report.end = SupervisorEnd::lost;
    send_report(report);
    ::_exit(0);
}

}  // namespace signalbox::execution
