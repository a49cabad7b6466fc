// SPDX-License-Identifier: Apache-2.0
// Takes a call from either edge: finds the method, parses the request, and on the domain strand authenticates
// the key, checks the role and calls the handler. The only way into the operator API.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/async/strand.hpp"
#include "common/base/result.hpp"
#include "common/telemetry/logger.hpp"
#include "common/telemetry/metrics.hpp"
#include "controller/api/codec.hpp"
#include "controller/api/method.hpp"

namespace signalbox::api {

// Who holds this key. On the domain strand. Errors: unauthenticated.
using Authenticator = std::function<Result<access::Caller>(std::string_view api_key)>;

// A caller asked for what no role of theirs allows. On the domain strand.
using OnDenied = std::function<void(const access::Caller& caller, const std::string& method)>;

// The answer's bytes in the encoding of the request.
using Finish = std::function<void(Result<std::string>)>;

// Counts its calls as signalbox_api_calls_total{outcome}, and logs who was denied what.
// Safe to call from any thread. Strand and metrics must outlive it; calls in progress may outlive it.
class Dispatcher {
  public:
    Dispatcher(MethodTable table, Authenticator authenticate, async::Strand& strand,
               telemetry::Metrics& metrics, telemetry::Logger log, OnDenied on_denied = {});

    // `bearer` is the value of the Authorization header, "Bearer sbk_…"; empty when there was none.
    // Errors: not_found (no such method), unauthenticated, permission_denied, invalid_argument (request does
    // not parse, says where), and the handler's. `finish` is called once, from any thread.
    void call(std::string_view method, std::string_view bearer, std::string body, Encoding encoding,
              Finish finish) const;

    // Only the authentication: for what is not a method, such as /metrics.
    void authenticate(std::string_view bearer, std::function<void(Result<access::Caller>)> finish) const;

    [[nodiscard]] bool has(std::string_view method) const { return shared_->table.contains(method); }

  private:
    // What calls in progress need, so that they may outlive the dispatcher.
    struct Shared {
        MethodTable table;
        Authenticator authenticate;
        telemetry::Logger log;
        OnDenied on_denied;
        telemetry::Counter& ok;
        telemetry::Counter& failed;
        telemetry::Counter& unauthenticated;
        telemetry::Counter& denied;
    };
    std::shared_ptr<Shared> shared_;
    async::Strand& strand_;
};

}  // namespace signalbox::api
