// SPDX-License-Identifier: Apache-2.0
// The HTTPS edge: Connect-protocol unary calls (connectrpc.com/docs/protocol), health and metrics.
//   POST /signalbox.v1.ReleaseService/Start   application/json or application/proto; needs a key
//   GET  /healthz   200 while the process lives; open
//   GET  /readyz    200 when it can serve, else 503 with the reason; open
//   GET  /metrics   Prometheus text; needs any valid key
//   GET  /ledger/checkpoint   the newest signed checkpoint; open, it is meant to be copied by strangers
//   GET  /ledger/tile/…       what it covers, as C2SP tlog-tiles; open, likewise: hashes, signatures, public
//   keys
#pragma once

#include <functional>
#include <string>

#include "common/base/result.hpp"
#include "common/http/server.hpp"
#include "controller/api/dispatcher.hpp"

namespace signalbox::api {

// What the edge tells besides calls. They reply later, once, from any thread.
struct Observations {
    std::function<void(std::function<void(Status)>)> ready;
    std::function<std::string()> metrics;  // on the domain strand; the caller's key was valid
    std::function<void(std::function<void(Result<std::string>)>)> checkpoint;
    // By its path below the ledger, "tile/0/000".
    std::function<void(std::string path, std::function<void(Result<std::string>)>)> tile;
};

// The dispatcher must outlive the server that runs the handler.
[[nodiscard]] http::RequestHandler https_edge(const Dispatcher& dispatcher, Observations observations);

}  // namespace signalbox::api
