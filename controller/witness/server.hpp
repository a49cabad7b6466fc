// SPDX-License-Identifier: Apache-2.0
// A witness over HTTPS: POST /add-checkpoint, under a certificate of the witness's own authority. Made,
// renewed and destroyed by one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/random.hpp"
#include "common/http/server.hpp"
#include "common/pki/authority.hpp"
#include "controller/witness/witness.hpp"

namespace signalbox::witness {

struct ServerOptions {
    std::string address = "127.0.0.1";  // an IP address
    std::uint16_t port = 0;
    std::vector<std::string> hosts;  // names and addresses under which logs reach it, besides
};

class Server {
  public:
    // The state and the witness must outlive it. Errors: http::Server's, the authority's.
    [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerOptions& options,
                                                               const State& state, Witness& witness,
                                                               Instant now, crypto::Random& random);
    [[nodiscard]] std::uint16_t port() const { return http_->port(); }
    // A new certificate, for another 24 hours: call it at least every 12.
    [[nodiscard]] Status renew(Instant now, crypto::Random& random);

  private:
    Server(pki::Authority authority, pki::SubjectNames names)
        : authority_(std::move(authority)), names_(std::move(names)) {}
    [[nodiscard]] Result<http::ServerCertificate> issue(Instant now, crypto::Random& random) const;

    pki::Authority authority_;
    pki::SubjectNames names_;
    std::unique_ptr<http::Server> http_;
};

}  // namespace signalbox::witness
