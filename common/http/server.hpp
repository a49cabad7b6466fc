// SPDX-License-Identifier: Apache-2.0
// An HTTPS/1.1 server (Boost.Beast over OpenSSL): bounded in connections, header, body and time; TLS 1.2 or
// newer; its certificate can be exchanged while it runs. It knows nothing of what is served.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"

namespace signalbox::http {

struct ServerRequest {
    std::string method;
    std::string path;                                          // without the query, not decoded
    std::string query;                                         // without '?'
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;
    std::string peer;  // "127.0.0.1:51234"

    // The header of this name (lower case), or empty. A header that came twice counts as absent: whoever sent
    // it means to be read in two ways.
    [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct ServerResponse {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

// Answers one request; may be called from any thread, later, and counts once.
using Respond = std::function<void(ServerResponse)>;
// Called on a thread of the server: it posts work and returns. When every copy of `respond` is dropped
// unanswered, the client gets status 500.
using RequestHandler = std::function<void(ServerRequest request, Respond respond)>;

struct ServerLimits {
    // One more costs the oldest that has not finished its handshake, or else the oldest that is idle: who
    // only occupies connections keeps nobody out. When all are being answered, the new one is closed.
    std::size_t connections = 512;
    std::uint32_t header_bytes = 16 * 1024;
    std::uint64_t body_bytes = 2U << 20;
    std::chrono::milliseconds handshake{10'000};
    std::chrono::milliseconds header{30'000};  // also how long an idle connection is kept
    std::chrono::milliseconds body{60'000};
    std::chrono::milliseconds write{30'000};
    std::chrono::milliseconds handler{120'000};  // longer than any long poll; then status 504
};

struct ServerOptions {
    std::string address = "127.0.0.1";  // an IP address
    std::uint16_t port = 0;             // 0: any free one
    unsigned threads = 2;
    ServerLimits limits;
};

// PEM texts: the leaf (then intermediates), and its private key.
struct ServerCertificate {
    std::string chain_pem;
    std::string key_pem;
};

// All methods may be called from any thread but its own.
class Server {
  public:
    // Listens and serves at once. Errors: invalid_argument (address, certificate), already_exists (the port
    // is taken), permission_denied (the port needs privilege), unavailable.
    [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerOptions& options,
                                                               const ServerCertificate& certificate,
                                                               RequestHandler handler);
    ~Server();  // stops
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::size_t connections() const;
    // New connections get this one; open ones keep theirs. Errors: invalid_argument, and the old one stays.
    [[nodiscard]] Status set_certificate(const ServerCertificate& certificate);
    // Stops accepting, lets requests in progress be answered for at most `grace`, then closes everything.
    void stop(std::chrono::milliseconds grace);

  private:
    Server();
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace signalbox::http
