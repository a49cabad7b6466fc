// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/tls.hpp"

#include <fmt/format.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <fstream>

namespace signalbox::rpc {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

Status require_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file || file.peek() == std::ifstream::traits_type::eof()) {
        return Error(Code::invalid_argument, fmt::format("cannot read the certificate file {}", path),
                     "Check that it exists, is not empty, and belongs to this program's user");
    }
    return {};
}

Result<std::shared_ptr<FileWatcherCertificateProvider>> watch(const TlsFiles& files) {
    for (const std::string& path : {files.key, files.certificate, files.ca}) SB_CHECK(require_file(path));
    return std::make_shared<FileWatcherCertificateProvider>(files.key, files.certificate, files.ca,
                                                            static_cast<unsigned>(files.refresh.count()));
}

}  // namespace

Result<std::shared_ptr<grpc::ServerCredentials>> server_credentials(const TlsFiles& files) {
    SB_TRY(auto provider, watch(files));
    grpc::experimental::TlsServerCredentialsOptions options(provider);
    options.watch_root_certs();
    options.watch_identity_key_cert_pairs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
    return grpc::experimental::TlsServerCredentials(options);
}

Result<std::shared_ptr<grpc::ChannelCredentials>> client_credentials(const TlsFiles& files) {
    SB_TRY(auto provider, watch(files));
    grpc::experimental::TlsChannelCredentialsOptions options;
    options.set_certificate_provider(provider);
    options.watch_root_certs();
    options.watch_identity_key_cert_pairs();
    return grpc::experimental::TlsCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> anonymous_client_credentials(const std::string& ca_pem) {
    grpc::experimental::TlsChannelCredentialsOptions options;
    options.set_certificate_provider(
        std::make_shared<grpc::experimental::StaticDataCertificateProvider>(ca_pem));
    options.watch_root_certs();
    return grpc::experimental::TlsCredentials(options);
}

}  // namespace signalbox::rpc
