// SPDX-License-Identifier: Apache-2.0
// Our errors as gRPC and Connect carry them (connectrpc.com/docs/protocol, "Error codes"). Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::api {

struct WireCode {
    int grpc;                  // grpc::StatusCode
    std::string_view connect;  // "permission_denied"
    int http;                  // status of a Connect unary answer
};
[[nodiscard]] WireCode wire_code(Code code);

// {"code","message","details":[{"type","value","debug"}]}
[[nodiscard]] std::string connect_error_json(const Error& error);
// Serialised google.rpc.Status, for grpc-status-details-bin.
[[nodiscard]] std::string grpc_details(const Error& error);

}  // namespace signalbox::api
