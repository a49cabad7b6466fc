// SPDX-License-Identifier: Apache-2.0
// What is called at the agents' port and is no method of agents: operators' methods, say. A host's
// certificate opens none of them, and that somebody tried is an alarm. Register it with
// ServerBuilder::RegisterCallbackGenericService.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include "common/async/strand.hpp"
#include "controller/fleet/server/sessions.hpp"

namespace signalbox::fleet {

class ForeignCalls final : public grpc::CallbackGenericService {
  public:
    // Both must outlive its calls.
    ForeignCalls(ClusterId cluster, Sessions& sessions, async::Strand& strand)
        : cluster_(std::move(cluster)), sessions_(sessions), strand_(strand) {}
    // permission_denied for an agent, unauthenticated for anybody else; unimplemented for a method of a newer
    // AgentService.
    grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;

  private:
    ClusterId cluster_;
    Sessions& sessions_;
    async::Strand& strand_;
};

}  // namespace signalbox::fleet
