// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/agent_server.hpp"

#include <grpcpp/resource_quota.h>

namespace signalbox::fleet {
namespace {

constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 15'000;
constexpr int kShortestPingMs = 5'000;
constexpr int kMaxMetadataBytes = 8 * 1024;

void set_bounds(grpc::ServerBuilder& builder, const AgentServerOptions& options) {
    grpc::ResourceQuota quota("agents");
    quota.Resize(options.memory_bytes);
    builder.SetResourceQuota(quota);
    builder.SetMaxReceiveMessageSize(options.max_message_bytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                               static_cast<int>(options.handshake_within.count()));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, static_cast<int>(options.idle_after.count()));
    // A peer that vanished without a word is noticed; one that pings in a flood is cut.
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kShortestPingMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 0);
}

}  // namespace

Result<std::unique_ptr<AgentServer>> AgentServer::start(const AgentServerOptions& options,
                                                        AgentRpc& service) {
    SB_TRY(auto credentials, rpc::server_credentials(options.tls));
    std::unique_ptr<AgentServer> server(new AgentServer());
    SB_TRY(server->accept_, rpc::AcceptLoop::listen(options.listen, options.accept));

    grpc::ServerBuilder builder;
    set_bounds(builder, options);
    builder.RegisterService(&service);
    server->acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, std::move(credentials));
    server->server_ = builder.BuildAndStart();
    if (server->server_ == nullptr) {
        return Error(Code::internal, "gRPC did not start the agents' server", "Look at its log lines above");
    }
    server->accept_->start([acceptor = server->acceptor_.get()](int listener, int socket) {
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
        connection.listener_fd = listener;
        connection.fd = socket;
        acceptor->HandleNewConnection(&connection);
    });
    return server;
}

AgentServer::~AgentServer() {
    stop();
}

void AgentServer::stop(std::chrono::milliseconds grace) {
    if (server_ == nullptr) return;
    accept_->stop();
    const gpr_timespec deadline =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(grace.count(), GPR_TIMESPAN));
    server_->Shutdown(deadline);
    server_->Wait();
    server_.reset();
}

}  // namespace signalbox::fleet
