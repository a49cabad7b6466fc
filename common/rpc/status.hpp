// SPDX-License-Identifier: Apache-2.0
// Result errors as gRPC statuses and back. The remedy travels in the status details.
#pragma once

#include <grpcpp/support/status.h>

#include "common/base/result.hpp"

namespace signalbox::rpc {

[[nodiscard]] grpc::Status to_grpc(const Error& error);
// Only for a status that is not OK.
[[nodiscard]] Error from_grpc(const grpc::Status& status);

}  // namespace signalbox::rpc
