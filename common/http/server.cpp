// SPDX-License-Identifier: Apache-2.0
#include "common/http/server.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <mutex>
#include <thread>

#include "common/http/session.hpp"

namespace signalbox::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Result<std::shared_ptr<asio::ssl::context>> make_tls(const ServerCertificate& certificate) {
    const auto fail = [](std::string_view what, const error_code& why) {
        return Error(Code::invalid_argument, fmt::format("{}: {}", what, why.message()),
                     "Give the server a certificate and the private key that belongs to it, as PEM.");
    };
    auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    error_code failure;
    SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
    tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_compression |
                         asio::ssl::context::single_dh_use,
                     failure);
    SSL_CTX_set_options(tls->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(tls->native_handle(), SSL_SESS_CACHE_OFF);
    tls->use_certificate_chain(asio::buffer(certificate.chain_pem), failure);
    if (failure) return fail("the server certificate does not load", failure);
    tls->use_private_key(asio::buffer(certificate.key_pem), asio::ssl::context::pem, failure);
    if (failure) return fail("the server's private key does not load", failure);
    if (SSL_CTX_check_private_key(tls->native_handle()) != 1) {
        return Error(Code::invalid_argument, "the server's private key is not the certificate's");
    }
    return tls;
}

}  // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
    asio::io_context io;
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    tcp::acceptor acceptor{io};
    asio::steady_timer accept_pause{io};
    std::shared_ptr<SessionContext> context = std::make_shared<SessionContext>();
    std::mutex mutex;  // guards tls and sessions
    std::shared_ptr<asio::ssl::context> tls;
    std::vector<std::weak_ptr<Session>> sessions;
    std::vector<std::thread> threads;
    std::uint16_t port = 0;
    std::once_flag stopped;

    Status listen(const ServerOptions& options);
    void accept();
    void take(tcp::socket socket);
    [[nodiscard]] bool make_room();
    template <class F>
    void each_session(F f);
};

Status Server::State::listen(const ServerOptions& options) {
    const std::string where = fmt::format("{}:{}", options.address, options.port);
    error_code failure;
    const auto address = asio::ip::make_address(options.address, failure);
    if (failure) {
        return Error(Code::invalid_argument, fmt::format("\"{}\" is not an IP address", options.address),
                     "Listen on an address such as 127.0.0.1:8443 or [::]:8443.");
    }
    const tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), failure);
    if (!failure) acceptor.set_option(asio::socket_base::reuse_address(true), failure);
    if (!failure) acceptor.bind(endpoint, failure);
    if (!failure) acceptor.listen(asio::socket_base::max_listen_connections, failure);
    if (failure == asio::error::address_in_use) {
        return Error(Code::already_exists, fmt::format("cannot listen on {}: the port is taken", where),
                     "Stop the program that listens there, or choose another port.");
    }
    if (failure == asio::error::access_denied) {
        return Error(Code::permission_denied, fmt::format("cannot listen on {}: not permitted", where),
                     "Choose a port above 1023.");
    }
    if (failure) {
        return Error(Code::unavailable, fmt::format("cannot listen on {}: {}", where, failure.message()),
                     "Choose an address that this host has.");
    }
    port = acceptor.local_endpoint(failure).port();
    return {};
}

void Server::State::accept() {
    acceptor.async_accept(asio::make_strand(io),
                          [self = shared_from_this()](error_code failure, tcp::socket socket) {
                              if (self->context->stopping || failure == asio::error::operation_aborted)
                                  return;
                              if (!failure) {
                                  self->take(std::move(socket));
                                  return self->accept();
                              }
                              // Out of descriptors, most likely: a busy loop would not free one.
                              self->accept_pause.expires_after(std::chrono::milliseconds(100));
                              self->accept_pause.async_wait([self](error_code) {
                                  if (!self->context->stopping) self->accept();
                              });
                          });
}

void Server::State::take(tcp::socket socket) {
    if (context->connections.load() >= context->limits.connections && !make_room()) return;  // closes it
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const std::lock_guard lock(mutex);
    ++context->connections;
    const auto session = std::make_shared<Session>(std::move(socket), tls, context, shared_from_this());
    sessions.erase(
        std::remove_if(sessions.begin(), sessions.end(), [](const auto& weak) { return weak.expired(); }),
        sessions.end());
    sessions.push_back(session);
    session->start();
}

bool Server::State::make_room() {
    // Those given up before are still closing: their number is bounded as well.
    if (context->connections.load() >= 2 * context->limits.connections) return false;
    const std::lock_guard lock(mutex);
    std::vector<std::weak_ptr<Session>>::iterator idle = sessions.end();
    for (auto it = sessions.begin(); it != sessions.end(); ++it) {
        const auto session = it->lock();
        if (!session || session->busy()) continue;
        if (idle == sessions.end()) idle = it;
        if (session->secured()) continue;
        idle = it;
        break;
    }
    if (idle == sessions.end()) return false;
    if (const auto session = idle->lock()) session->abort();
    sessions.erase(idle);  // once
    return true;
}

template <class F>
void Server::State::each_session(F f) {
    const std::lock_guard lock(mutex);
    for (const auto& weak : sessions) {
        if (const auto session = weak.lock()) f(*session);
    }
}

Server::Server() = default;

Server::~Server() {
    stop(std::chrono::milliseconds(0));
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options,
                                              const ServerCertificate& certificate, RequestHandler handler) {
    SB_TRY(auto tls, make_tls(certificate));
    std::unique_ptr<Server> server(new Server());
    server->state_ = std::make_shared<State>();
    auto& state = *server->state_;
    state.tls = std::move(tls);
    state.context->handler = std::move(handler);
    state.context->limits = options.limits;
    SB_CHECK(state.listen(options));
    state.accept();
    for (unsigned i = 0; i < std::max(1U, options.threads); ++i) {
        state.threads.emplace_back([&io = state.io] { io.run(); });
    }
    return server;
}

std::uint16_t Server::port() const {
    return state_->port;
}

std::size_t Server::connections() const {
    return state_->context->connections;
}

Status Server::set_certificate(const ServerCertificate& certificate) {
    SB_TRY(auto tls, make_tls(certificate));
    const std::lock_guard lock(state_->mutex);
    state_->tls = std::move(tls);
    return {};
}

void Server::stop(std::chrono::milliseconds grace) {
    std::call_once(state_->stopped, [&] {
        auto& state = *state_;
        state.context->stopping = true;
        // Never started: nobody would run what is posted, and it would keep the state alive for ever.
        if (state.threads.empty()) return;
        asio::post(state.io, [self = state_] {
            error_code ignored;
            self->acceptor.close(ignored);
            self->accept_pause.cancel();
        });
        state.each_session([](Session& session) { session.close_if_idle(); });
        {
            std::unique_lock lock(state.context->idle_mutex);
            state.context->idle.wait_for(lock, grace, [&] { return state.context->busy == 0; });
        }
        state.each_session([](Session& session) { session.abort(); });
        state.work.reset();  // the threads end when the last operation has been called off
        for (auto& thread : state.threads) thread.join();
    });
}

}  // namespace signalbox::http
