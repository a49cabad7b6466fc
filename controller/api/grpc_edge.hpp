// SPDX-License-Identifier: Apache-2.0
// The gRPC edge: every method of the table as a unary call, served from bytes. The key travels as
// `authorization` metadata. Reactors only pass bytes on; the work happens on the domain strand.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include "controller/api/dispatcher.hpp"

namespace signalbox::api {

// Register it with ServerBuilder::RegisterCallbackGenericService. The dispatcher must outlive it.
class GrpcEdge final : public grpc::CallbackGenericService {
  public:
    explicit GrpcEdge(const Dispatcher& dispatcher) : dispatcher_(dispatcher) {}
    grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;

  private:
    const Dispatcher& dispatcher_;
};

}  // namespace signalbox::api
