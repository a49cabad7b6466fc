// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/app/daemon.hpp"

#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "agent/executor/app/executor.hpp"
#include "agent/executor/app/state_folder.hpp"
#include "agent/executor/execution/control_group.hpp"
#include "agent/executor/execution/credentials.hpp"
#include "agent/executor/execution/program.hpp"
#include "agent/ipc/server.hpp"
#include "common/crypto/encoding.hpp"
#include "common/crypto/random.hpp"
#include "common/os/file.hpp"
#include "common/os/process.hpp"
#include "common/os/service_notify.hpp"
#include "common/os/signal_watcher.hpp"

namespace signalbox::executor {
namespace {

constexpr std::chrono::seconds kStopGrace{60};  // below the unit's TimeoutStopSec
constexpr std::size_t kNonceBytes = 32;

Result<std::set<uid_t>> allowed_users(const Settings& settings, std::optional<uid_t>& owner) {
    std::set<uid_t> allowed = {::geteuid()};
    owner = settings.agent_uid;
    if (!settings.agent_user.empty()) {
        SB_TRY(const auto user, execution::find_user(settings.agent_user));
        owner = user.uid;
    }
    if (owner) allowed.insert(*owner);
    return allowed;
}

}  // namespace

Result<std::string> read_boot_id() {
    SB_TRY(std::string text, os::read_file("/proc/sys/kernel/random/boot_id", 64));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

Status run_daemon(const Settings& settings, const telemetry::Logger& log) {
    SB_TRY(auto signals, os::SignalWatcher::open());  // before any thread
    SB_CHECK(os::forbid_core_dumps());                // it holds keys and, while steps run, secrets
    SB_CHECK(check_services_root(settings.services_root));
    SB_TRY(OpenState state, open_state(settings.state));
    std::optional<uid_t> socket_owner;
    SB_TRY(auto allowed, allowed_users(settings, socket_owner));

    const SystemClock clock;
    crypto::SystemRandom random;
    // Events go to the server, which needs the executor first.
    std::atomic<ipc::Server*> server_now{nullptr};
    ExecutorParts parts;
    parts.journal = state.journal.get();
    parts.key = &state.key;
    parts.clock = &clock;
    parts.nonce = crypto::to_base64url(random.bytes(kNonceBytes));
    SB_TRY(parts.boot_id, read_boot_id());
    parts.services_root = settings.services_root;
    parts.private_folder = settings.state;
    // Beside the socket, which is in memory on a packaged host. A crash may have left some.
    parts.credentials_root = (std::filesystem::path(settings.socket).parent_path() / "credentials").string();
    execution::clear_credentials(parts.credentials_root);
    parts.sealing_key = &state.sealing_key;
    const auto control_groups = execution::ControlGroups::find();
    if (control_groups) {
        parts.control_groups = &*control_groups;
    } else {
        log.warning("steps have no control group of their own; what they start is found by parentage",
                    {{"reason", control_groups.error()}});
    }
    parts.send_event = [&server_now](const ipc::Event& event) {
        ipc::Server* server = server_now.load();
        return server != nullptr && server->send(event);
    };
    parts.log = log;
    SB_TRY(const auto executor, Executor::start(std::move(parts)));
    const auto on_problem = [&log](const std::string& what) {
        log.warning("local protocol", {{"problem", what}});
    };
    SB_TRY(auto server,
           ipc::Server::start({settings.socket, std::move(allowed), socket_owner, on_problem}, *executor));
    server_now = server.get();

    log.info("ready", {{"socket", settings.socket}});
    if (const Status told = os::notify_service_manager("READY=1"); !told)
        log.warning("cannot tell the service manager", {{"error", told.error()}});
    while (!signals.wait_for(std::chrono::seconds(1))) executor->tick();

    log.info("stopping");
    (void)os::notify_service_manager("STOPPING=1").ok();
    executor->stop(kStopGrace);
    server_now = nullptr;
    server.reset();
    return state.journal->close();
}

}  // namespace signalbox::executor
