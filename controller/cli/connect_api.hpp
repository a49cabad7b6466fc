// SPDX-License-Identifier: Apache-2.0
// The controller over HTTPS: Connect-protocol unary calls with protobuf bodies
// (connectrpc.com/docs/protocol), the CA pinned from the credentials, the API key as a bearer. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "controller/cli/api_port.hpp"
#include "controller/cli/credentials.hpp"

namespace signalbox::cli {

[[nodiscard]] std::unique_ptr<ApiPort> make_connect_api(const Credentials& credentials);

// What a Connect error body says: {"code","message","details"}. A body of another shape is described by its
// HTTP status, because it did not come from a controller.
[[nodiscard]] Error parse_connect_error(int http_status, std::string_view body);

}  // namespace signalbox::cli
