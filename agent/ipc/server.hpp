// SPDX-License-Identifier: Apache-2.0
// The executor's end of the local protocol: a listening AF_UNIX socket (mode 0600) that serves one client at
// a time; a new client replaces the old one. Who connects is asked of the kernel (SO_PEERCRED): other users
// are cut at once.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "agent/ipc/messages.hpp"

namespace signalbox::ipc {

// What the server serves. Called on the connection's thread, one request at a time; must not block for long.
class Service {
  public:
    virtual ~Service() = default;
    [[nodiscard]] virtual Result<Reply> handle(Request request) = 0;
};

struct ServerOptions {
    std::string path;
    std::set<uid_t> allowed_uids;
    // The socket's owner when it is not the executor's own user (the agent's uid needs to open it); absent:
    // unchanged.
    std::optional<uid_t> socket_owner;
    // Told of every refused connection and of every broken one, for the log.
    std::function<void(const std::string&)> on_problem;
};

class Server {
  public:
    // Binds and starts to serve. `service` must outlive the server. Errors: already_exists (another executor
    // listens there), permission_denied (the socket's folder can be written by others), invalid_argument,
    // unavailable.
    [[nodiscard]] static Result<std::unique_ptr<Server>> start(ServerOptions options, Service& service);
    // Stops accepting, cuts the client, joins, removes the socket.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // To the client that is there now; false when none is (it asks again after it connects). Thread-safe.
    bool send(const Event& event);

  private:
    struct Connection;
    Server(ServerOptions options, Service& service, Descriptor listener, Descriptor wake);
    void accept_loop();
    void admit(Descriptor socket);
    void serve(Connection& connection);
    void drop_connection();

    ServerOptions options_;
    Service* service_;
    Descriptor listener_;
    Descriptor wake_;   // eventfd: tells the accept loop to end
    std::mutex mutex_;  // guards connection_
    std::shared_ptr<Connection> connection_;
    std::thread acceptor_;
};

}  // namespace signalbox::ipc
