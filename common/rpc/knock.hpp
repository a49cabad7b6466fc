// SPDX-License-Identifier: Apache-2.0
// Whether a gRPC server answers at all: one connection, one call of a method that nobody serves. What comes
// back proves that the port accepts, that TLS is well, and that calls are worked off. Blocks; any thread.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/base/time.hpp"

namespace signalbox::rpc {

// Errors: unavailable, with what was missing: a connection, or an answer by then.
[[nodiscard]] Status knock(const std::string& address, const std::string& ca_pem, Instant by);

}  // namespace signalbox::rpc
