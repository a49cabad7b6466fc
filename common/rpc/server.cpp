// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/server.hpp"

#include <fmt/format.h>
#include <grpcpp/resource_quota.h>

namespace signalbox::rpc {
namespace {

// Calls begun between two looks: at most 5,000 a second, a hundred times what a connection may go on
// beginning.
constexpr std::int64_t kFlood = 100;

void bind(grpc::ServerBuilder& builder, const std::string& name, const ServerBounds& bounds) {
    const auto set = [&](const char* argument, std::chrono::milliseconds value) {
        builder.AddChannelArgument(argument, static_cast<int>(value.count()));
    };
    grpc::ResourceQuota quota(name);
    quota.Resize(bounds.memory_bytes);
    builder.SetResourceQuota(quota);
    builder.SetMaxReceiveMessageSize(bounds.message_bytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, bounds.streams);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, bounds.metadata_bytes);
    set(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, bounds.handshake);
    set(GRPC_ARG_MAX_CONNECTION_IDLE_MS, bounds.idle);
    set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, bounds.shortest_ping);
    if (bounds.keepalive.count() > 0) {
        set(GRPC_ARG_KEEPALIVE_TIME_MS, bounds.keepalive);
        set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, bounds.keepalive_answer);
        builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 0);
    }
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, const Clock& clock,
                                              const Register& services) {
    SB_TRY(auto credentials, server_credentials(options.tls));
    std::unique_ptr<Server> server(new Server());
    SB_TRY(server->accept_, AcceptLoop::listen(options.listen, options.accept));
    server->guard_ = std::make_shared<FloodGuard>(kFlood);
    // The credentials live as long as any of gRPC's connections, and with them what they call.
    server->budget_ = std::make_shared<CallBudget>(clock, options.bounds.calls,
                                                   [guard = server->guard_] { guard->wake(); });
    credentials->SetAuthMetadataProcessor(server->budget_);

    grpc::ServerBuilder builder;
    bind(builder, options.name, options.bounds);
    services(builder);
    server->acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, std::move(credentials));
    server->server_ = builder.BuildAndStart();
    if (server->server_ == nullptr) {
        return Error(Code::internal, fmt::format("gRPC did not start the server for {}", options.name),
                     "Look at its log lines above");
    }
    server->accept_->start([acceptor = server->acceptor_.get()](int listener, int socket) {
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
        connection.listener_fd = listener;
        connection.fd = socket;
        acceptor->HandleNewConnection(&connection);
    });
    return server;
}

Server::~Server() {
    stop(std::chrono::milliseconds(0));
}

void Server::stop(std::chrono::milliseconds grace) {
    if (server_ == nullptr) return;
    accept_->stop();
    const gpr_timespec deadline =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(grace.count(), GPR_TIMESPAN));
    server_->Shutdown(deadline);
    server_->Wait();
    server_.reset();
}

}  // namespace signalbox::rpc
