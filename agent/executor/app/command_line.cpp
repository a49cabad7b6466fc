// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/app/command_line.hpp"

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "agent/executor/app/daemon.hpp"
#include "agent/executor/app/state_folder.hpp"
#include "common/base/last_words.hpp"
#include "common/base/version.hpp"

namespace signalbox::executor {
namespace {

constexpr int kBadUsage = 2;

int exit_code(Code code) {
    switch (code) {
        case Code::invalid_argument:
            return kBadUsage;
        case Code::permission_denied:
        case Code::unauthenticated:
        case Code::refused:
            return 3;
        case Code::unavailable:
            return 4;
        case Code::internal:
            return 70;
        default:
            return 1;
    }
}

int report(const Status& status) {
    if (status) return 0;
    std::cerr << last_words("signalbox-executor", status.error());
    return exit_code(status.error().code());
}

Status rotate_key(const std::string& folder) {
    SB_TRY(const std::string boot_id, read_boot_id());
    const SystemClock clock;
    SB_TRY(const Rotated rotated, rotate_record_key(folder, boot_id, clock));
    std::cout << "before  " << rotated.before.id().str() << "\nnow     " << rotated.now.id().str()
              << "\nnext: systemctl start signalbox-executor\n";
    return {};
}

}  // namespace

int run_command_line(int argc, char** argv) {
    ::umask(077);
    const telemetry::Logger log;
    CLI::App app("Verifies trust, approval and token by itself, runs steps, signs records.",
                 "signalbox-executor");
    app.set_version_flag("--version", std::string(program_version()));
    Settings settings;
    uid_t agent_uid = 0;
    app.add_option("--state", settings.state, "State folder (mode 0700)");
    app.add_option("--socket", settings.socket, "Where the agent connects (AF_UNIX)");
    app.add_option("--services-root", settings.services_root, "Folder of all services on this host");
    const auto* uid =
        app.add_option("--agent-uid", agent_uid, "The agent's user id: the only other one let in");
    app.add_option("--agent-user", settings.agent_user, "The same by name")->excludes("--agent-uid");
    std::string init_state, join;
    auto* init =
        app.add_subcommand("init", "Make the record key and pin the cluster that the join line names");
    init->add_option("--state", init_state, "State folder, made with mode 0700")->required();
    init->add_option("--join", join, "The join line, @FILE, or - for standard input")->required();
    std::string rotate_state;
    auto* rotate = app.add_subcommand(
        "rotate-key",
        "Make a new record key; the old one signs that, and is destroyed. Stop the executor first");
    rotate->add_option("--state", rotate_state, "State folder")->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kBadUsage;
    }
    if (init->parsed()) return report(initialise(init_state, join));
    if (rotate->parsed()) return report(rotate_key(rotate_state));
    if (settings.state.empty() || settings.socket.empty() || settings.services_root.empty()) {
        return report(Error(Code::invalid_argument, "--state, --socket and --services-root are required",
                            "signalbox-executor --help"));
    }
    if (uid->count() > 0) settings.agent_uid = agent_uid;
    return report(run_daemon(settings, log));
}

}  // namespace signalbox::executor
