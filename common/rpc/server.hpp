// SPDX-License-Identifier: Apache-2.0
// A listening gRPC server: our accept loop, TLS, and every bound on what a peer can make us hold. What it
// serves is registered by the caller. start() and stop() from one thread.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/rpc/accept_loop.hpp"
#include "common/rpc/call_budget.hpp"
#include "common/rpc/flood_guard.hpp"
#include "common/rpc/tls.hpp"

namespace signalbox::rpc {

struct ServerBounds {
    std::size_t memory_bytes = std::size_t{64} << 20;  // of gRPC's buffers, all connections together
    int message_bytes = 2 << 20;                       // received; beyond: RESOURCE_EXHAUSTED
    int metadata_bytes = 8 << 10;
    int streams = 32;  // at once on one connection
    CallRate calls;    // begun on one connection
    std::chrono::milliseconds handshake{10'000};
    std::chrono::milliseconds idle{300'000};  // a connection without any call is closed
    // A peer that vanished without a word is noticed after both; 0: not asked.
    std::chrono::milliseconds keepalive{0};
    std::chrono::milliseconds keepalive_answer{15'000};
    // A peer that pings more often than this, again and again, is cut off.
    std::chrono::milliseconds shortest_ping{10'000};
};

struct ServerOptions {
    std::string name;                       // in errors and of the memory quota: "agents"
    std::string listen = "127.0.0.1:7443";  // port 0 picks one
    TlsFiles tls;
    AcceptOptions accept;
    ServerBounds bounds;
};

class Server {
  public:
    using Register = std::function<void(grpc::ServerBuilder&)>;

    // What is registered, and the clock, must outlive the server. Errors: those of listening and of the TLS
    // files; internal.
    [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerOptions& options,
                                                               const Clock& clock, const Register& services);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Accepts nothing more, cancels the calls still there after `grace`. Whatever the handlers post to must
    // keep running until this returns. Idempotent.
    void stop(std::chrono::milliseconds grace);

    [[nodiscard]] const std::string& address() const { return accept_->address(); }
    [[nodiscard]] std::uint16_t port() const { return accept_->port(); }
    // Connections turned away because descriptors were short; calls beyond a connection's budget; connections
    // cut off because they began calls in a flood.
    [[nodiscard]] std::uint64_t refused_connections() const { return accept_->refused(); }
    [[nodiscard]] std::uint64_t refused_calls() const { return budget_->refused(); }
    [[nodiscard]] std::uint64_t cut_connections() const { return guard_->cut(); }

  private:
    Server() = default;

    std::shared_ptr<FloodGuard> guard_;
    std::shared_ptr<CallBudget> budget_;
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
    std::unique_ptr<grpc::Server> server_;
    std::unique_ptr<AcceptLoop> accept_;
};

}  // namespace signalbox::rpc
