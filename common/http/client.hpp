// SPDX-License-Identifier: Apache-2.0
// An HTTPS client (libcurl): https only, certificates always verified, no proxy from the environment, a cap
// on the answer's size, a deadline on the whole exchange, and no redirect unless asked for. There is no
// option that turns verification off.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/http/address_rule.hpp"

namespace signalbox::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct ClientOptions {
    std::string ca_pem;  // trust only these CAs; empty: the system's
    // Judged on the resolved address at connect time, at each redirect again (so DNS rebinding gains
    // nothing).
    AddressRule addresses = AddressRule::any();
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds deadline{30'000};  // the whole exchange
    std::uint64_t max_body_bytes = 8U << 20;
    int max_redirects = 0;  // https only, and never with our authorization header to another host
    std::string user_agent = "signalbox";
};

struct ClientRequest {
    std::string method = "GET";
    std::string url;
    Headers headers;
    std::string body;  // sent with POST and PUT
};

struct ClientResponse {
    int status = 0;
    Headers headers;  // names in lower case, of the last answer
    std::string body;

    // The first header of this name (lower case), or empty.
    [[nodiscard]] std::string_view header(std::string_view name) const;
};

// Gets the body piece by piece; an error stops the transfer and is returned as it is.
using BodySink = std::function<Status(ByteView)>;

// Keeps its connection alive between calls. One thread at a time; make one per thread.
class Client {
  public:
    explicit Client(ClientOptions options);
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    // Any HTTP status is a response, not an error.
    // Errors: invalid_argument (not an https URL, a header with a line break), unavailable (cannot be
    // reached: name, port, TLS, dropped), refused (certificate not trusted, address not allowed),
    // deadline_exceeded, resource_exhausted (answer too large). Each names the host and says what to do.
    [[nodiscard]] Result<ClientResponse> send(const ClientRequest& request);
    // The same with another deadline, for a long poll.
    [[nodiscard]] Result<ClientResponse> send(const ClientRequest& request,
                                              std::chrono::milliseconds deadline);
    // The body of a 2xx answer goes to the sink instead of into the response, up to max_body_bytes; any other
    // answer's body (first 64 KiB) is in the response and the sink is not called.
    [[nodiscard]] Result<ClientResponse> download(const ClientRequest& request, const BodySink& sink);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace signalbox::http
