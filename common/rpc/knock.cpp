// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/knock.hpp"

#include <fmt/format.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/channel_arguments.h>

#include "common/rpc/tls.hpp"

namespace signalbox::rpc {

Status knock(const std::string& address, const std::string& ca_pem, Instant by) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own, each time
    grpc::GenericStub stub(
        grpc::CreateCustomChannel(address, anonymous_client_credentials(ca_pem), arguments));
    grpc::ClientContext context;
    context.set_deadline(by);
    grpc::CompletionQueue queue;
    const auto call =
        stub.PrepareUnaryCall(&context, "/signalbox.v1.Nobody/Knock", grpc::ByteBuffer(), &queue);
    call->StartCall();
    grpc::ByteBuffer answer;
    grpc::Status status;
    call->Finish(&answer, &status, &answer);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    // UNIMPLEMENTED and UNAUTHENTICATED are answers.
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE &&
        status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) {
        return {};
    }
    return Error(Code::unavailable, fmt::format("{} does not answer: {}", address, status.error_message()));
}

}  // namespace signalbox::rpc
