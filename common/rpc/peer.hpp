// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of a connection: the URI SAN of the verified certificate, and nothing else.
// Identities are SPIFFE ids (github.com/spiffe/spiffe, SPIFFE-ID.md):
//   spiffe://<cluster>/agent/<uuid>   spiffe://<cluster>/controller
#pragma once

#include <grpcpp/security/auth_context.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/model/ids.hpp"

namespace signalbox::rpc {

// The DNS name that every controller certificate carries, whatever address it is reached at.
inline constexpr std::string_view kControllerName = "signalbox-controller";

[[nodiscard]] std::string agent_uri(const ClusterId& cluster, const AgentId& agent);
[[nodiscard]] std::string controller_uri(const ClusterId& cluster);

// The agent that a certificate with these URI names is for: exactly one name, equal byte for byte to
// agent_uri() of a lower-case UUID. Errors: unauthenticated.
[[nodiscard]] Result<AgentId> agent_from_uris(const ClusterId& cluster, const std::vector<std::string>& uris);
// The same for a connection. No client certificate: unauthenticated.
[[nodiscard]] Result<AgentId> peer_agent(const ClusterId& cluster, const grpc::AuthContext& context);

// The peer's verified certificate as PEM; empty when it showed none.
[[nodiscard]] std::string peer_certificate(const grpc::AuthContext& context);

// The address without the port of a gRPC peer text: "ipv4:192.0.2.7:5040" -> "192.0.2.7".
[[nodiscard]] std::string peer_address(std::string_view peer);

}  // namespace signalbox::rpc
