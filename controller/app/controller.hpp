// SPDX-License-Identifier: Apache-2.0
// The composition root of signalboxd: makes everything in the order of its members, opens the ports last, and
// takes it all down in the reverse order. start(), stop() and destruction from one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/async/thread_strand.hpp"
#include "common/base/result.hpp"
#include "common/crypto/random.hpp"
#include "common/http/server.hpp"
#include "common/rpc/server.hpp"
#include "common/telemetry/logger.hpp"
#include "common/telemetry/metrics.hpp"
#include "controller/api/dispatcher.hpp"
#include "controller/api/grpc_edge.hpp"
#include "controller/app/cluster_ca.hpp"
#include "controller/app/data_directory.hpp"
#include "controller/app/domain.hpp"
#include "controller/app/endpoints.hpp"
#include "controller/app/options.hpp"
#include "controller/app/server_certificate.hpp"

namespace signalbox::app {

class Controller {
  public:
    // Serves when it returns. Errors: those of the data directory, the keys, the store and the ports; nothing
    // is left listening then.
    [[nodiscard]] static Result<std::unique_ptr<Controller>> start(const Options& options,
                                                                   const telemetry::Logger& log);
    ~Controller();
    Controller(const Controller&) = delete;
    Controller& operator=(const Controller&) = delete;

    [[nodiscard]] const Endpoints& endpoints() const { return endpoints_; }
    // A call of our own through the front door and the domain strand. Errors: what kept it from being
    // answered; an answer that we do not work (Health::works) is one, too. An almost full disk is none.
    [[nodiscard]] Status check_loopback() const;
    // Lets calls in progress end, signs a last checkpoint, closes the store. Again is harmless.
    void stop();

  private:
    Controller(const Options& options, const telemetry::Logger& log) : options_(options), log_(log) {}
    [[nodiscard]] Status open_state();
    [[nodiscard]] Status open_ports();
    void keep_house();
    void renew_certificate();
    [[nodiscard]] std::string advertised_host() const;
    [[nodiscard]] http::RequestHandler https_handler();

    Options options_;
    telemetry::Logger log_;
    SystemClock clock_;
    crypto::SystemRandom random_;
    telemetry::Metrics metrics_;
    std::optional<DataDirectory> data_;
    std::optional<authority::ServiceKeys> keys_;
    std::unique_ptr<ClusterCa> ca_;
    std::unique_ptr<ServerCertificate> certificate_;
    std::unique_ptr<storage::Storage> storage_;
    std::unique_ptr<artifact::BlobStore> blobs_;
    std::unique_ptr<artifact::HttpsFetcher> fetcher_;
    std::unique_ptr<authority::Authority> authority_;
    std::unique_ptr<async::ThreadStrand> strand_;
    std::unique_ptr<async::ThreadStrand> side_;
    std::unique_ptr<async::ThreadStrand> witness_side_;
    std::unique_ptr<Domain> domain_;
    std::unique_ptr<api::Dispatcher> dispatcher_;
    std::unique_ptr<api::GrpcEdge> grpc_edge_;
    std::unique_ptr<rpc::Server> agent_server_;
    std::unique_ptr<rpc::Server> operator_server_;
    std::unique_ptr<http::Server> https_server_;
    Endpoints endpoints_;
    bool stopped_ = false;
};

}  // namespace signalbox::app
