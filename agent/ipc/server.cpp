// SPDX-License-Identifier: Apache-2.0
#include "agent/ipc/server.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "agent/ipc/channel.hpp"
#include "agent/ipc/listener.hpp"

namespace signalbox::ipc {
namespace {

// A client that does not read for this long is cut: it must not hold up the executor.
constexpr timeval kSendTimeout{10, 0};

Result<uid_t> peer_uid(const Descriptor& socket) {
    ucred who{};
    socklen_t size = sizeof(who);
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
        return Error(Code::unavailable,
                     "asking the kernel who connected: " + std::generic_category().message(errno));
    return who.uid;
}

}  // namespace

struct Server::Connection {
    explicit Connection(Descriptor s) : socket(std::move(s)) {}

    Status send(std::string_view payload) {
        const std::lock_guard lock(write_mutex);
        Status sent = send_frame(socket, payload);
        if (!sent) ::shutdown(socket.get(), SHUT_RDWR);  // half a frame cannot be taken back
        return sent;
    }

    Descriptor socket;
    std::mutex write_mutex;
    std::thread reader;
};

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Service& service) {
    SB_TRY(Descriptor listener, listen_unix(options.path, options.socket_owner));
    Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake.valid())
        return Error(Code::unavailable, "making an eventfd: " + std::generic_category().message(errno));
    std::unique_ptr<Server> server(
        new Server(std::move(options), service, std::move(listener), std::move(wake)));
    server->acceptor_ = std::thread([raw = server.get()] { raw->accept_loop(); });
    return server;
}

Server::Server(ServerOptions options, Service& service, Descriptor listener, Descriptor wake)
    : options_(std::move(options)),
      service_(&service),
      listener_(std::move(listener)),
      wake_(std::move(wake)) {}

Server::~Server() {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof(one));
    acceptor_.join();
    drop_connection();
    ::unlink(options_.path.c_str());
}

void Server::accept_loop() {
    for (;;) {
        pollfd waits[] = {{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
        if (::poll(waits, 2, -1) < 0 && errno != EINTR) {
            options_.on_problem("waiting for local connections: " + std::generic_category().message(errno));
            return;
        }
        if (waits[1].revents != 0) return;
        if (waits[0].revents == 0) continue;
        Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (socket.valid()) admit(std::move(socket));
    }
}

void Server::admit(Descriptor socket) {
    const auto uid = peer_uid(socket);
    if (!uid) return options_.on_problem(uid.error().to_string());
    if (!options_.allowed_uids.contains(*uid))
        return options_.on_problem(fmt::format("refused a local connection by uid {}; allowed: {}", *uid,
                                               fmt::join(options_.allowed_uids, ", ")));
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendTimeout, sizeof(kSendTimeout));
    drop_connection();
    auto connection = std::make_shared<Connection>(std::move(socket));
    const std::lock_guard lock(mutex_);
    connection_ = connection;
    connection_->reader = std::thread([this, raw = connection.get()] { serve(*raw); });
}

void Server::drop_connection() {
    std::shared_ptr<Connection> old;
    {
        const std::lock_guard lock(mutex_);
        old = std::move(connection_);
        connection_.reset();
    }
    if (!old) return;
    ::shutdown(old->socket.get(), SHUT_RDWR);
    old->reader.join();
}

void Server::serve(Connection& connection) {
    for (;;) {
        auto frame = receive_frame(connection.socket);
        if (!frame) {
            if (frame.error().code() != Code::cancelled) options_.on_problem(frame.error().to_string());
            break;
        }
        auto request = decode_request(frame->payload);
        if (!request) {
            // Without a readable id there is nobody to answer: the peer speaks another protocol.
            options_.on_problem("request of the agent: " + request.error().to_string());
            break;
        }
        auto* execute = std::get_if<ExecuteRequest>(&request->request);
        if (execute != nullptr) execute->artifacts = std::move(frame->descriptors);
        const std::int64_t id = request->id;
        auto reply = service_->handle(std::move(request->request));
        const Status sent =
            connection.send(reply ? encode_reply(id, *reply) : encode_error(id, reply.error()));
        if (!sent) {
            options_.on_problem(sent.error().to_string());
            break;
        }
    }
    ::shutdown(connection.socket.get(), SHUT_RDWR);
}

bool Server::send(const Event& event) {
    std::shared_ptr<Connection> connection;
    {
        const std::lock_guard lock(mutex_);
        connection = connection_;
    }
    return connection && connection->send(encode_event(event)).ok();
}

}  // namespace signalbox::ipc
