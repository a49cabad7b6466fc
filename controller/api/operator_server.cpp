// SPDX-License-Identifier: Apache-2.0
#include "controller/api/operator_server.hpp"

#include <grpcpp/resource_quota.h>

namespace signalbox::api {
namespace {

constexpr int kMaxMetadataBytes = 8 * 1024;
constexpr int kShortestPingMs = 10'000;

}  // namespace

Result<std::unique_ptr<OperatorServer>> OperatorServer::start(const OperatorServerOptions& options,
                                                              GrpcEdge& edge) {
    SB_TRY(auto credentials, rpc::server_credentials(options.tls));
    std::unique_ptr<OperatorServer> server(new OperatorServer());
    SB_TRY(server->accept_, rpc::AcceptLoop::listen(options.listen));

    grpc::ServerBuilder builder;
    grpc::ResourceQuota quota("operators");
    quota.Resize(options.memory_bytes);
    builder.SetResourceQuota(quota);
    builder.SetMaxReceiveMessageSize(options.max_message_bytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                               static_cast<int>(options.handshake_within.count()));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, static_cast<int>(options.idle_after.count()));
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kShortestPingMs);
    builder.RegisterCallbackGenericService(&edge);
    server->acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, std::move(credentials));
    server->server_ = builder.BuildAndStart();
    if (server->server_ == nullptr) {
        return Error(Code::internal, "gRPC did not start the operators' server",
                     "Look at its log lines above.");
    }
    server->accept_->start([acceptor = server->acceptor_.get()](int listener, int socket) {
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
        connection.listener_fd = listener;
        connection.fd = socket;
        acceptor->HandleNewConnection(&connection);
    });
    return server;
}

OperatorServer::~OperatorServer() {
    stop(std::chrono::milliseconds(0));
}

void OperatorServer::stop(std::chrono::milliseconds grace) {
    if (server_ == nullptr) return;
    accept_->stop();
    const gpr_timespec deadline =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(grace.count(), GPR_TIMESPAN));
    server_->Shutdown(deadline);
    server_->Wait();
    server_.reset();
}

}  // namespace signalbox::api
