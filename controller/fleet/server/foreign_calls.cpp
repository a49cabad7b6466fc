// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/foreign_calls.hpp"

#include <fmt/format.h>

#include "common/rpc/peer.hpp"
#include "common/rpc/status.hpp"

namespace signalbox::fleet {
namespace {

constexpr std::string_view kOurs = "/signalbox.v1.AgentService/";
constexpr std::size_t kShownOfMethod = 100;

class Refusal final : public grpc::ServerGenericBidiReactor {
  public:
    explicit Refusal(const grpc::Status& why) { Finish(why); }
    void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerGenericBidiReactor* ForeignCalls::CreateReactor(grpc::GenericCallbackServerContext* context) {
    const std::string method = context->method().substr(0, kShownOfMethod);
    if (method.starts_with(kOurs))
        return new Refusal({grpc::StatusCode::UNIMPLEMENTED, "this controller does not know " + method});
    const auto agent = rpc::peer_agent(cluster_, *context->auth_context());
    if (!agent) return new Refusal(rpc::to_grpc(agent.error()));
    strand_.post([this, id = *agent, method] {
        sessions_.alarm(id, "foreign_call", fmt::format("its certificate was used to call {}", method));
    });
    return new Refusal(
        rpc::to_grpc(Error(Code::permission_denied, fmt::format("an agent may not call {}", method),
                           "Use an API key at the operators' port")));
}

}  // namespace signalbox::fleet
