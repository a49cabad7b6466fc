// SPDX-License-Identifier: Apache-2.0
// The listening gRPC server for agents: our accept loop, TLS, and every bound on what a peer can make us
// hold. start() and stop() from one thread, not the strand.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <memory>
#include <string>

#include "common/rpc/accept_loop.hpp"
#include "common/rpc/tls.hpp"
#include "controller/fleet/server/agent_service.hpp"

namespace signalbox::fleet {

struct AgentServerOptions {
    std::string listen = "127.0.0.1:7443";  // port 0 picks one
    rpc::TlsFiles tls;
    rpc::AcceptOptions accept;
    std::size_t memory_bytes = std::size_t{256} << 20;  // of gRPC's buffers, all connections together
    int max_message_bytes = 4 << 20;
    int max_streams = 32;  // at once on one connection
    std::chrono::milliseconds handshake_within{10'000};
    std::chrono::milliseconds idle_after{120'000};  // a connection without any call is closed
};

class AgentServer {
  public:
    // The service must outlive the server. Errors: those of listening and of the TLS files.
    [[nodiscard]] static Result<std::unique_ptr<AgentServer>> start(const AgentServerOptions& options,
                                                                    AgentRpc& service);
    ~AgentServer();
    AgentServer(const AgentServer&) = delete;
    AgentServer& operator=(const AgentServer&) = delete;

    // Accepts nothing more, cancels the calls still there after `grace`. Close the sessions first, on the
    // strand, and keep the strand running until this returns. Idempotent.
    void stop(std::chrono::milliseconds grace = std::chrono::milliseconds(2000));

    [[nodiscard]] const std::string& address() const { return accept_->address(); }
    [[nodiscard]] std::uint16_t port() const { return accept_->port(); }
    // Connections turned away because descriptors were short.
    [[nodiscard]] std::uint64_t refused_connections() const { return accept_->refused(); }

  private:
    AgentServer() = default;

    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
    std::unique_ptr<grpc::Server> server_;
    std::unique_ptr<rpc::AcceptLoop> accept_;
};

}  // namespace signalbox::fleet
