// SPDX-License-Identifier: Apache-2.0
// The listening gRPC server for operators: our accept loop, TLS, bounds on what a peer can make us hold.
// Keys, not client certificates, say who calls. start() and stop() from one thread, not the strand.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <memory>
#include <string>

#include "common/base/result.hpp"
#include "common/rpc/accept_loop.hpp"
#include "common/rpc/tls.hpp"
#include "controller/api/grpc_edge.hpp"

namespace signalbox::api {

struct OperatorServerOptions {
    std::string listen = "127.0.0.1:7444";  // port 0 picks one
    rpc::TlsFiles tls;
    std::size_t memory_bytes = std::size_t{64} << 20;  // of gRPC's buffers, all connections together
    int max_message_bytes = 2 << 20;
    int max_streams = 32;  // at once on one connection
    std::chrono::milliseconds handshake_within{10'000};
    std::chrono::milliseconds idle_after{300'000};
};

class OperatorServer {
  public:
    // The edge must outlive the server. Errors: those of listening and of the TLS files.
    [[nodiscard]] static Result<std::unique_ptr<OperatorServer>> start(const OperatorServerOptions& options,
                                                                       GrpcEdge& edge);
    ~OperatorServer();
    OperatorServer(const OperatorServer&) = delete;
    OperatorServer& operator=(const OperatorServer&) = delete;

    // Accepts nothing more, cancels the calls still there after `grace`. Idempotent.
    void stop(std::chrono::milliseconds grace);

    [[nodiscard]] const std::string& address() const { return accept_->address(); }
    [[nodiscard]] std::uint64_t refused_connections() const { return accept_->refused(); }

  private:
    OperatorServer() = default;

    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
    std::unique_ptr<grpc::Server> server_;
    std::unique_ptr<rpc::AcceptLoop> accept_;
};

}  // namespace signalbox::api
