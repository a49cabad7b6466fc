// SPDX-License-Identifier: Apache-2.0
#include "controller/app/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "common/base/last_words.hpp"
#include "common/base/version.hpp"
#include "common/os/process.hpp"
#include "common/os/service_notify.hpp"
#include "common/os/signal_watcher.hpp"
#include "common/rpc/grpc_log.hpp"
#include "controller/app/controller.hpp"
#include "controller/app/exit_code.hpp"
#include "controller/app/options.hpp"

namespace signalbox::app {
namespace {

void say(std::FILE* where, const std::string& text) {
    std::fputs(text.c_str(), where);
    std::fflush(where);
}

int fail(const Error& error) {
    say(stderr, last_words("signalboxd", error));
    return exit_code_of(error.code());
}

// Half of what the service manager wants, at most a minute.
std::chrono::milliseconds heartbeat() {
    constexpr std::chrono::milliseconds longest{60'000};
    const auto wanted = os::watchdog_interval();
    if (!wanted) return longest;
    return std::min(longest, std::chrono::duration_cast<std::chrono::milliseconds>(*wanted) / 2);
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
    const auto line = parse_command_line(arguments);
    if (line.leave) {
        say(line.leave->exit_code == 0 ? stdout : stderr, line.leave->text);
        return line.leave->exit_code;
    }
    auto signals = os::SignalWatcher::open();
    if (!signals) return fail(signals.error());
    if (const auto none = os::forbid_core_dumps(); !none) return fail(none.error());  // memory holds keys
    const auto level = telemetry::parse_level(line.options.log_level);
    if (!level) return fail(level.error());
    const telemetry::Logger log(*level);
    const SystemClock clock;
    const rpc::GrpcLog grpc_log(log.with({{"part", "grpc"}}), clock);

    auto controller = Controller::start(line.options, log);
    if (!controller) return fail(controller.error());
    const auto& endpoints = (*controller)->endpoints();
    say(stdout, fmt::format("ready agent={} operator={} https={} pid={}\n", endpoints.agent,
                            endpoints.operator_grpc, endpoints.https, ::getpid()));
    log.info("signalboxd is ready", {{"version", program_version()},
                                     {"agent", endpoints.agent},
                                     {"operator", endpoints.operator_grpc},
                                     {"https", endpoints.https}});
    if (auto told = os::notify_service_manager("READY=1"); !told) {
        log.warning("the service manager was not told", {{"error", told.error()}});
    }

    std::optional<int> signal;
    while (!(signal = signals->wait_for(heartbeat()))) {
        // The manager hears from us only after a whole call went through: it restarts what only seems alive.
        if (const auto alive = (*controller)->check_loopback(); !alive) {
            log.error("the controller does not answer its own call", {{"error", alive.error()}});
        } else if (auto told = os::notify_service_manager("WATCHDOG=1"); !told) {
            log.warning("the service manager was not told", {{"error", told.error()}});
        }
    }
    log.info("stopping", {{"signal", *signal}});
    (void)os::notify_service_manager("STOPPING=1");
    (*controller)->stop();
    log.info("stopped");
    return kOk;
}

}  // namespace signalbox::app
