// SPDX-License-Identifier: Apache-2.0
#include "controller/witness/server.hpp"

#include <arpa/inet.h>

#include <array>

#include "common/crypto/key_file.hpp"
#include "common/merkle/signed_note.hpp"
#include "common/os/file.hpp"
#include "common/pki/key.hpp"

namespace signalbox::witness {
namespace {

constexpr std::size_t kMaxPemBytes = 64 * 1024;

bool is_ip(const std::string& host) {
    std::array<unsigned char, 16> parsed{};
    return inet_pton(AF_INET, host.c_str(), parsed.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), parsed.data()) == 1;
}

http::ServerResponse response_to(Witness& witness, const http::ServerRequest& request) {
    http::ServerResponse out;
    if (request.path != "/add-checkpoint") {
        out.status = 404;
        out.body = "There is nothing here but /add-checkpoint.\n";
    } else if (request.method != "POST") {
        out.status = 405;
        out.headers.emplace_back("allow", "POST");
    } else {
        Answer answer = witness.add_checkpoint(request.body);
        out.status = answer.status;
        out.content_type = std::move(answer.content_type);
        out.body = std::move(answer.body);
    }
    return out;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, const State& state,
                                              Witness& witness, Instant now, crypto::Random& random) {
    SB_TRY(const std::string certificate, os::read_file(state.ca_path(), kMaxPemBytes));
    SB_TRY(const auto key, crypto::read_secret_file(state.ca_key_path()));
    SB_TRY(auto authority, pki::Authority::load(certificate, key));
    pki::SubjectNames names;
    names.dns = {"localhost"};
    for (const std::string& host : options.hosts) (is_ip(host) ? names.ips : names.dns).push_back(host);
    if (options.address != "0.0.0.0" && options.address != "::") names.ips.push_back(options.address);
    std::unique_ptr<Server> server(new Server(std::move(authority), std::move(names)));

    http::ServerOptions http;
    http.address = options.address;
    http.port = options.port;
    http.limits.body_bytes = merkle::kMaxNoteBytes + 8192;  // and 63 hashes
    http.limits.connections = 64;
    SB_TRY(const http::ServerCertificate first, server->issue(now, random));
    SB_TRY(server->http_,
           http::Server::start(http, first, [&witness](http::ServerRequest request, http::Respond respond) {
               respond(response_to(witness, request));
           }));
    return server;
}

Result<http::ServerCertificate> Server::issue(Instant now, crypto::Random& random) const {
    SB_TRY(const pki::KeyAndRequest fresh, pki::make_key_and_request());
    pki::LeafProfile profile;
    profile.names = names_;
    profile.server = true;
    SB_TRY(const pki::IssuedLeaf leaf, authority_.issue(fresh.csr_der, profile, now, random));
    return http::ServerCertificate{leaf.certificate_pem, to_text(fresh.key_pem.expose())};
}

Status Server::renew(Instant now, crypto::Random& random) {
    SB_TRY(const http::ServerCertificate next, issue(now, random));
    return http_->set_certificate(next);
}

}  // namespace signalbox::witness
