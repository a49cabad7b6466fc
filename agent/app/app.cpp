// SPDX-License-Identifier: Apache-2.0
#include "agent/app/app.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>

#include "agent/enrol/enrol.hpp"
#include "agent/facts/facts.hpp"
#include "agent/link/agent.hpp"
#include "common/base/last_words.hpp"
#include "common/os/file.hpp"
#include "common/os/lock_file.hpp"
#include "common/os/private_directory.hpp"
#include "common/os/service_notify.hpp"
#include "common/os/signal_watcher.hpp"

namespace signalbox::agent_app {
namespace {

struct Options {
    std::string state;
    std::string executor_socket;
    std::string join;
    std::string log_level = "info";
    bool enrol = false;
};

int exit_code(const Error& error) {
    switch (error.code()) {
        case Code::invalid_argument:
            return 2;
        case Code::permission_denied:
        case Code::unauthenticated:
        case Code::refused:
            return 3;
        case Code::unavailable:
        case Code::deadline_exceeded:
            return 4;
        case Code::internal:
            return 70;
        default:
            return 1;
    }
}

// LINE, @FILE or - for standard input: a secret need not be in argv.
Result<join::JoinLine> read_join_line(const std::string& where) {
    std::string text = where;
    if (where == "-") {
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else if (where.starts_with("@")) {
        SB_TRY(text, os::read_file(where.substr(1), join::kMaxLineBytes));
    }
    return join::parse(text);
}

Status enrol_host(const Options& options, const Clock& clock) {
    SB_TRY(const join::JoinLine line, read_join_line(options.join));
    SB_TRY(const enrol::Identity identity,
           enrol::enrol(line, {options.state, options.executor_socket, SIGNALBOX_VERSION}, clock));
    std::cout << "enrolled host " << identity.host << " of " << identity.environment << " as agent "
              << identity.agent_id.str() << "\n";
    return {};
}

Status serve(const Options& options, os::SignalWatcher& signals, const Clock& clock) {
    SB_TRY(const telemetry::Level level, telemetry::parse_level(options.log_level));
    const telemetry::Logger log(level);
    crypto::SystemRandom random;
    link::AgentSettings settings;
    settings.state_directory = options.state;
    settings.executor_socket = options.executor_socket;
    settings.version = SIGNALBOX_VERSION;
    settings.hostname = facts::read_host().name;
    SB_TRY(const auto agent, link::Agent::create(std::move(settings), clock, random, log));
    agent->start();
    if (const Status told = os::notify_service_manager("READY=1"); !told) {
        log.warning("the service manager does not hear us", {{"error", told.error()}});
    }
    // Half of what the manager allows between two signs of life.
    const auto watchdog = os::watchdog_interval();
    const auto wait = watchdog ? std::chrono::duration_cast<std::chrono::milliseconds>(*watchdog / 2)
                               : std::chrono::milliseconds(std::chrono::hours(1));
    while (!signals.wait_for(wait)) {
        // Only while the agent's own strand still answers.
        if (agent->alive()) (void)os::notify_service_manager("WATCHDOG=1");
    }
    (void)os::notify_service_manager("STOPPING=1");
    agent->stop();
    return {};
}

Status run_with(const Options& options) {
    SB_TRY(os::SignalWatcher signals, os::SignalWatcher::open());
    SB_CHECK(os::make_private_directory(options.state));
    SB_TRY(const os::LockFile lock, os::LockFile::acquire(options.state + "/lock"));
    const SystemClock clock;
    return options.enrol ? enrol_host(options, clock) : serve(options, signals, clock);
}

}  // namespace

int run(int argc, char** argv) {
    CLI::App app("The Signalbox agent's network face: carries approved steps to this host's executor.",
                 "signalbox-agent");
    Options options;
    app.set_version_flag("--version", std::string(SIGNALBOX_VERSION));
    app.fallthrough();
    app.add_option("--state", options.state, "This program's state directory")->required();
    app.add_option("--executor-socket", options.executor_socket, "Where signalbox-executor listens")
        ->required();
    app.add_option("--log-level", options.log_level, "debug, info, warning or error");
    CLI::App* enrol = app.add_subcommand("enrol", "Enrol this host with a join line");
    enrol->add_option("--join", options.join, "The join line, @FILE, or - for standard input")->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? 0 : 2;
    }
    options.enrol = enrol->parsed();
    const Status done = run_with(options);
    if (done) return 0;
    std::cerr << last_words("signalbox-agent", done.error());
    return exit_code(done.error());
}

}  // namespace signalbox::agent_app
