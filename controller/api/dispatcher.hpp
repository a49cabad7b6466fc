// SPDX-License-Identifier: Apache-2.0
// Takes a call from either edge: finds the method, parses the request, and on the domain strand authenticates
// the key, checks the role and calls the handler. The only way into the operator API.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/async/strand.hpp"
#include "common/base/result.hpp"
#include "controller/api/codec.hpp"
#include "controller/api/method.hpp"

namespace signalbox::api {

// Who holds this key. On the domain strand. Errors: unauthenticated.
using Authenticator = std::function<Result<access::Caller>(std::string_view api_key)>;

// The answer's bytes in the encoding of the request.
using Finish = std::function<void(Result<std::string>)>;

// How many calls ended how, since the start.
struct CallCounts {
    std::uint64_t ok = 0;
    std::uint64_t failed = 0;
    std::uint64_t unauthenticated = 0;
    std::uint64_t denied = 0;
};

// Safe to call from any thread. The strand must outlive it; calls in progress may outlive it.
class Dispatcher {
  public:
    Dispatcher(MethodTable table, Authenticator authenticate, async::Strand& strand);

    // `bearer` is the value of the Authorization header, "Bearer sbk_…"; empty when there was none.
    // Errors: not_found (no such method), unauthenticated, permission_denied, invalid_argument (request does
    // not parse, says where), and the handler's. `finish` is called once, from any thread.
    void call(std::string_view method, std::string_view bearer, std::string body, Encoding encoding,
              Finish finish) const;

    // Only the authentication: for what is not a method, such as /metrics.
    void authenticate(std::string_view bearer, std::function<void(Result<access::Caller>)> finish) const;

    [[nodiscard]] bool has(std::string_view method) const { return shared_->table.contains(method); }
    [[nodiscard]] CallCounts counts() const;

  private:
    // What calls in progress need, so that they may outlive the dispatcher.
    struct Shared {
        MethodTable table;
        Authenticator authenticate;
        std::atomic<std::uint64_t> ok{0}, failed{0}, unauthenticated{0}, denied{0};
    };
    std::shared_ptr<Shared> shared_;
    async::Strand& strand_;
};

}  // namespace signalbox::api
