// SPDX-License-Identifier: Apache-2.0
// TLS credentials of both sides. Certificates are files behind a directory link: renewing writes a new
// directory and renames the link, so that key and certificate change together, and gRPC's file watcher gives
// new connections the new pair without a restart. Verification cannot be turned off: there is no option.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <chrono>
#include <memory>
#include <string>

#include "common/base/result.hpp"

namespace signalbox::rpc {

// PEM files. They are read at once and looked at again every `refresh`.
struct TlsFiles {
    std::string key;
    std::string certificate;  // leaf, then intermediates
    std::string ca;           // every CA to trust
    std::chrono::seconds refresh{10};
};

// Asks for a client certificate and verifies it against the CA when there is one; who may call what without
// one is the service's decision. Errors: invalid_argument (a file is missing or empty; names it).
[[nodiscard]] Result<std::shared_ptr<grpc::ServerCredentials>> server_credentials(const TlsFiles& files);

// Verifies the server's chain and name, shows our certificate. Errors: as above.
[[nodiscard]] Result<std::shared_ptr<grpc::ChannelCredentials>> client_credentials(const TlsFiles& files);

// Verifies the server against this CA only, shows no certificate: for enrolment.
[[nodiscard]] std::shared_ptr<grpc::ChannelCredentials> anonymous_client_credentials(
    const std::string& ca_pem);

}  // namespace signalbox::rpc
