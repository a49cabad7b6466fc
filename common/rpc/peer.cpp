// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/peer.hpp"

#include <fmt/format.h>
#include <grpc/grpc_security_constants.h>

#include <algorithm>

namespace signalbox::rpc {
namespace {

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (dash ? c != '-' : !hex) return false;
    }
    return true;
}

}  // namespace

std::string agent_uri(const ClusterId& cluster, const AgentId& agent) {
    return fmt::format("spiffe://{}/agent/{}", cluster.str(), agent.str());
}

std::string controller_uri(const ClusterId& cluster) {
    return fmt::format("spiffe://{}/controller", cluster.str());
}

Result<AgentId> agent_from_uris(const ClusterId& cluster, const std::vector<std::string>& uris) {
    if (uris.size() != 1) {
        return Error(Code::unauthenticated,
                     fmt::format("the client certificate has {} URI names, not one", uris.size()),
                     "Enrol this host");
    }
    const std::string prefix = agent_uri(cluster, AgentId());
    const std::string& uri = uris.front();
    if (!uri.starts_with(prefix) || !is_uuid(std::string_view(uri).substr(prefix.size()))) {
        return Error(Code::unauthenticated, "the client certificate is not an agent's of this cluster",
                     "Enrol this host with this controller");
    }
    return AgentId(uri.substr(prefix.size()));
}

Result<AgentId> peer_agent(const ClusterId& cluster, const grpc::AuthContext& context) {
    std::vector<std::string> uris;
    for (const grpc::string_ref& uri : context.FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
        uris.emplace_back(uri.data(), uri.size());
    }
    return agent_from_uris(cluster, uris);
}

std::string peer_certificate(const grpc::AuthContext& context) {
    const auto found = context.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
    return found.empty() ? std::string() : std::string(found.front().data(), found.front().size());
}

std::string peer_address(std::string_view peer) {
    const auto scheme = peer.find(':');
    if (scheme != std::string_view::npos) peer.remove_prefix(scheme + 1);
    const auto port = peer.rfind(':');
    if (port != std::string_view::npos) peer = peer.substr(0, port);
    return std::string(peer);
}

}  // namespace signalbox::rpc
