// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/execution/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include "agent/executor/execution/credentials.hpp"
#include "agent/executor/execution/program.hpp"
#include "agent/executor/execution/supervisor.hpp"
#include "common/os/process.hpp"
#include "common/os/unique_fd.hpp"

namespace signalbox::execution {
namespace {

constexpr int kPollMilliseconds = 50;
constexpr int kKillRounds = 500;
constexpr rlim_t kOpenFiles = 1024, kMostOpenFiles = 65536;
// How long output is still read after the command's end, when something in the background holds the pipe.
constexpr std::chrono::milliseconds kDrain{250};

struct Pipe {
    os::UniqueFd read, write;
};

Result<Pipe> make_pipe() {
    SB_TRY(auto ends, os::make_pipe());
    return Pipe{std::move(ends.first), std::move(ends.second)};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (auto& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

// Reads what is there. False at the end of the stream.
bool read_some(const os::UniqueFd& pipe, Capture& capture) {
    std::array<std::uint8_t, 64 * 1024> buffer{};
    const ssize_t got = ::read(pipe.get(), buffer.data(), buffer.size());
    if (got > 0) capture.add(ByteView(buffer).first(static_cast<std::size_t>(got)));
    return got > 0 || (got < 0 && errno == EINTR);
}

std::string_view preparation(std::int32_t step) {
    switch (step) {
        case 1:
            return "connecting its output";
        case 2:
            return "changing to its user";
        case 3:
            return "entering its folder";
        case 4:
            return "giving up new privileges";
        case 5:
            return "executing it";
        case 7:
            return "entering its control group";
        case 8:
            return "limiting its resources";
        default:
            return "making its process";
    }
}

// Reads both streams until the supervisor has reported and the streams have ended (or kept open for too
// long).
class Watch {
  public:
    Watch(Pipe& out, Pipe& err, Pipe& report, Pipe& lifeline, const secret::Patterns* redact)
        : lifeline_(&lifeline), capture_out_(redact), capture_err_(redact) {
        waits_ = {{{out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}, {report.read.get(), POLLIN, 0}}};
        out_ = &out.read;
        err_ = &err.read;
        report_pipe_ = &report.read;
    }

    void until_end(const Clock& clock, const std::atomic<bool>& cancel, CommandResult& result) {
        Duration drained{};
        while (waits_[0].fd >= 0 || waits_[1].fd >= 0 || waits_[2].fd >= 0) {
            const bool reported = waits_[2].fd < 0;
            if (reported && drained == Duration{}) drained = clock.boot() + kDrain;
            if (reported && clock.boot() >= drained) break;
            if (cancel.load()) lifeline_->write.reset();
            if (::poll(waits_.data(), waits_.size(), kPollMilliseconds) <= 0) continue;
            if (waits_[0].revents != 0 && !read_some(*out_, capture_out_)) waits_[0].fd = -1;
            if (waits_[1].revents != 0 && !read_some(*err_, capture_err_)) waits_[1].fd = -1;
            if (waits_[2].revents != 0 && !read_report()) waits_[2].fd = -1;
        }
        result.out = capture_out_.finish();
        result.err = capture_err_.finish();
    }
    // Nothing: guard and supervisor were killed.
    [[nodiscard]] const SupervisorReport* report() const { return have_end_ ? &report_ : nullptr; }
    // 0 when it never began.
    [[nodiscard]] pid_t command() const { return command_; }

  private:
    // False when there is nothing more to come.
    bool read_report() {
        if (::read(report_pipe_->get(), &report_, sizeof(report_)) != sizeof(report_)) return false;
        have_end_ = report_.end != SupervisorEnd::started;
        if (!have_end_) command_ = report_.command;
        return !have_end_;
    }

    std::array<pollfd, 3> waits_{};
    const os::UniqueFd *out_, *err_, *report_pipe_;
    Pipe* lifeline_;
    Capture capture_out_, capture_err_;
    SupervisorReport report_;
    bool have_end_ = false;
    pid_t command_ = 0;
};

// Ours, but not more than `most`: only CAP_SYS_RESOURCE raises it.
rlim_t hard_limit(__rlimit_resource_t what, rlim_t most) {
    rlimit own{};
    return ::getrlimit(what, &own) == 0 ? std::min(own.rlim_max, most) : most;
}

// No core, ever. What the action allows is both the soft and the hard limit, so that nothing can be raised
// again; of CPU time the hard one is a second more, for the signal that tells which limit it was.
void put_limits(const Limits& limits, SupervisorPlan& plan) {
    const auto put = [&](int what, rlim_t soft, rlim_t hard) {
        plan.limits[plan.limit_count++] = {what, {soft, hard}};
    };
    const auto exactly = [&](int what, const std::optional<std::int64_t>& value) {
        if (value) put(what, static_cast<rlim_t>(*value), static_cast<rlim_t>(*value));
    };
    const rlim_t own_files = hard_limit(RLIMIT_NOFILE, kMostOpenFiles);
    put(RLIMIT_CORE, 0, 0);
    if (limits.cpu_seconds)
        put(RLIMIT_CPU, static_cast<rlim_t>(*limits.cpu_seconds),
            static_cast<rlim_t>(*limits.cpu_seconds + 1));
    if (limits.open_files)
        exactly(RLIMIT_NOFILE, limits.open_files);
    else
        put(RLIMIT_NOFILE, std::min(kOpenFiles, own_files), own_files);
    exactly(RLIMIT_NPROC, limits.processes);
    exactly(RLIMIT_FSIZE, limits.file_bytes);
    exactly(RLIMIT_AS, limits.address_bytes);
}

// Both that watched over it are gone, and the command with them: what it started may not be.
void kill_group(pid_t command) {
    const auto alive = [&] { return ::kill(-command, SIGKILL) == 0 || errno != ESRCH; };
    for (int round = 0; command > 1 && round < kKillRounds && alive(); ++round) ::poll(nullptr, 0, 1);
}

Status judge(const SupervisorReport* report, const CommandSpec& spec, CommandResult& result) {
    if (report == nullptr || report->end == SupervisorEnd::lost) {
        result.interrupted = true;
        return {};
    }
    if (report->end == SupervisorEnd::could_not_start)
        return Error(Code::unavailable, fmt::format("starting '{:.80}': {}: {}", spec.argv.front(),
                                                    preparation(report->failed_call),
                                                    std::generic_category().message(report->error_number)));
    result.timed_out = report->end == SupervisorEnd::timed_out;
    result.cancelled = report->end == SupervisorEnd::cut;
    if (WIFSIGNALED(report->wait_status))
        result.signal = WTERMSIG(report->wait_status);
    else
        result.exit_status = WEXITSTATUS(report->wait_status);
    return {};
}

}  // namespace

Result<CommandResult> run(const CommandSpec& spec, const Clock& clock, const std::atomic<bool>& cancel) {
    if (spec.argv.empty()) return Error(Code::invalid_argument, "the command is empty");
    SB_TRY(const std::string program, resolve_program(spec.argv.front()));
    SB_TRY(const User user, find_user(spec.user));
    SB_TRY(Pipe out, make_pipe());
    SB_TRY(Pipe err, make_pipe());
    SB_TRY(Pipe report, make_pipe());
    SB_TRY(Pipe lifeline, make_pipe());
    std::unique_ptr<ControlGroup> group;
    if (spec.control_groups != nullptr) {
        SB_TRY(group, spec.control_groups->make());
    }
    const os::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    std::optional<Credentials> credentials;
    std::map<std::string, std::string> variables = spec.env;
    if (spec.secrets != nullptr && !spec.secrets->empty()) {
        SB_TRY(auto made, Credentials::make(spec.credentials_folder, *spec.secrets, user));
        variables[kCredentialsVariable] = made.folder();
        credentials.emplace(std::move(made));
    }
    std::vector<std::string> argv = spec.argv;
    std::vector<std::string> env = clean_environment(user.home, variables);
    const std::vector<char*> argv_pointers = pointers(argv);
    const std::vector<char*> env_pointers = pointers(env);

    const Duration start = clock.boot();
    SupervisorPlan plan;
    plan.program = program.c_str();
    plan.argv = argv_pointers.data();
    plan.envp = env_pointers.data();
    plan.working_directory = spec.working_directory.c_str();
    plan.switch_user = user.switch_to;
    plan.uid = user.uid;
    plan.gid = user.gid;
    plan.groups = user.groups.data();
    plan.group_count = user.groups.size();
    plan.null_fd = null.get();
    plan.out_fd = out.write.get();
    plan.err_fd = err.write.get();
    plan.lifeline_fd = lifeline.read.get();
    plan.report_fd = report.write.get();
    if (group) {
        plan.group_enter_fd = group->processes_fd();
        plan.group_kill_fd = group->kill_fd();
    }
    put_limits(spec.limits, plan);
    plan.deadline_ns = (start + spec.limit).count();
    plan.term_grace_ns = Duration(spec.term_grace).count();

    const pid_t guard = ::fork();
    if (guard == 0) supervise(plan);
    if (guard < 0)
        return Error(Code::unavailable, "making a process: " + std::generic_category().message(errno));
    for (Pipe* pipe : {&out, &err, &report}) pipe->write.reset();
    lifeline.read.reset();

    CommandResult result;
    Watch watch(out, err, report, lifeline, spec.redact);
    watch.until_end(clock, cancel, result);
    while (::waitpid(guard, nullptr, 0) < 0 && errno == EINTR) {
    }
    const bool alone = watch.report() == nullptr;  // nobody is left who would have ended the tree
    if (alone) kill_group(watch.command());
    if (alone && group) group->kill_all();
    result.took = clock.boot() - start;
    SB_CHECK(judge(watch.report(), spec, result));
    return result;
}

}  // namespace signalbox::execution
