// SPDX-License-Identifier: Apache-2.0
// DATA/run/endpoints.json: where the controller listens now, for tools on the same host.
#pragma once

#include <string>

#include "common/base/result.hpp"

namespace signalbox::app {

struct Endpoints {
    std::string agent;
    std::string operator_grpc;
    std::string https;
};

// {"agent","operator","https","pid"}; whole or not at all. Errors: resource_exhausted, permission_denied.
[[nodiscard]] Status write_endpoints(const std::string& path, const Endpoints& endpoints);

}  // namespace signalbox::app
