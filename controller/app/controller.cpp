// SPDX-License-Identifier: Apache-2.0
#include "controller/app/controller.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "common/http/client.hpp"
#include "common/pki/certificate.hpp"
#include "common/rpc/knock.hpp"
#include "controller/api/https_edge.hpp"
#include "controller/app/bounds.hpp"
#include "controller/app/https_witness.hpp"
#include "controller/app/secrets_key.hpp"
#include "controller/ledger/tiles.hpp"

namespace signalbox::app {
namespace {

constexpr auto kGrace = std::chrono::seconds(3);
constexpr auto kLoopbackDeadline = std::chrono::seconds(10);
constexpr auto kHousekeeping = std::chrono::minutes(10);
constexpr int kTrustWarningEvery = 24 * 6;  // housekeepings

// A taken port, with the option that chooses another.
template <class T>
Result<T> opened(Result<T> started, std::string_view option) {
    if (started || started.error().code() != Code::already_exists) return started;
    return std::move(started).error().with_remedy(
        fmt::format("stop what listens there, or choose another with {}", option));
}

void observe_port(telemetry::Metrics& metrics, const std::string& port, const rpc::Server& server) {
    const auto set = [&](const char* name, const char* help, std::uint64_t value) {
        metrics.gauge(name, help, {{"port", port}}).set(static_cast<std::int64_t>(value));
    };
    set("signalbox_refused_connections", "Connections turned away since the start: too many were open.",
        server.refused_connections());
    set("signalbox_refused_calls", "Calls since the start beyond what one connection may begin.",
        server.refused_calls());
    set("signalbox_cut_connections", "Connections cut off since the start: they began calls in a flood.",
        server.cut_connections());
}

}  // namespace

Result<std::unique_ptr<Controller>> Controller::start(const Options& options, const telemetry::Logger& log) {
    std::unique_ptr<Controller> controller(new Controller(options, log));
    SB_CHECK(controller->open_state());
    SB_CHECK(controller->open_ports());
    return controller;
}

Controller::~Controller() {
    stop();
}

Status Controller::open_state() {
    // The data directory is ours alone from here on.
    SB_TRY(data_, DataDirectory::open(options_.data));
    std::error_code ignored;  // of an earlier run; tools wait for this run's
    std::filesystem::remove(data_->endpoints(), ignored);
    // One SQLite file behind every store port; never an empty one in the place of one that was lost.
    SB_CHECK(data_->check_database());
    SB_TRY(storage_, storage::Storage::open(data_->database()));
    SB_CHECK(check_secrets_key(data_->keys(), storage_->secrets()));
    // The keys that we sign with, and the authority that issues TLS certificates.
    SB_TRY(keys_, authority::load_service_keys(data_->keys()));
    SB_TRY(ca_, ClusterCa::load(data_->pki(), random_, clock_.now()));
    // Our own certificate, good for at least half its life.
    certificate_ = std::make_unique<ServerCertificate>(
        data_->pki(),
        controller_names(data_->cluster().str(), {advertised_host(), options_.agent.host,
                                                  options_.operator_grpc.host, options_.https.host}),
        *ca_, random_);
    SB_CHECK(certificate_->ensure(clock_.now()));
    // The bytes of artifacts, and how they are fetched from elsewhere.
    SB_TRY(auto blobs, artifact::BlobStore::open(data_->blobs()));
    blobs_ = std::make_unique<artifact::BlobStore>(std::move(blobs));
    fetcher_ = std::make_unique<artifact::HttpsFetcher>(options_.fetch_networks);
    // Whose signatures count; it must list the keys that we sign with.
    SB_TRY(authority_, authority::Authority::open(data_->trust(), data_->cluster(), clock_));
    SB_CHECK(authority::check_listed(*keys_, authority_->current()));
    // One strand for the domain, one that may block on Git and downloads, and one on witnesses.
    strand_ = std::make_unique<async::ThreadStrand>(clock_);
    side_ = std::make_unique<async::ThreadStrand>(clock_);
    witness_side_ = std::make_unique<async::ThreadStrand>(clock_);
    SB_TRY(auto witnesses, https_witnesses(options_.witnesses, options_.witness_ca));

    SB_TRY(const auto ca_der, pki::pem_to_der(ca_->present().certificate_pem()));
    DomainParts parts{*data_,
                      *keys_,
                      *ca_,
                      *storage_,
                      *blobs_,
                      *fetcher_,
                      *authority_,
                      *strand_,
                      *side_,
                      *witness_side_,
                      std::move(witnesses),
                      clock_,
                      random_,
                      log_,
                      {data_->cluster(), "", to_bytes(ca_der)}};
    domain_ = std::make_unique<Domain>(std::move(parts));
    SB_CHECK(strand_->call([this] { return domain_->open(data_->bootstrap()); }));
    dispatcher_ = std::make_unique<api::Dispatcher>(
        api::method_table(domain_->services()),
        [this](std::string_view key) { return domain_->authenticate(key); }, *strand_, metrics_,
        log_.with({{"part", "api"}}),
        [this](const access::Caller& caller, const std::string& method) { domain_->denied(caller, method); });
    return {};
}

Status Controller::open_ports() {
    rpc::TlsFiles tls;
    tls.key = certificate_->key_path();
    tls.certificate = certificate_->certificate_path();
    tls.ca = ca_->bundle_path();

    // Agents: gRPC, mutual TLS.
    SB_TRY(agent_server_,
           opened(rpc::Server::start({"agents", options_.agent.text(), tls, {}, agent_bounds()}, clock_,
                                     [this](auto& builder) {
                                         builder.RegisterService(&domain_->agent_rpc());
                                         builder.RegisterCallbackGenericService(&domain_->foreign_calls());
                                     }),
                  "--agent-listen"));
    const auto agent_port = agent_server_->port();
    strand_->call([&] { domain_->fleet().set_address(ListenAddress{advertised_host(), agent_port}.text()); });

    // Operators: the same table as gRPC…
    grpc_edge_ = std::make_unique<api::GrpcEdge>(*dispatcher_);
    SB_TRY(operator_server_,
           opened(rpc::Server::start(
                      {"operators", options_.operator_grpc.text(), tls, {}, operator_bounds()}, clock_,
                      [this](auto& builder) { builder.RegisterCallbackGenericService(grpc_edge_.get()); }),
                  "--operator-listen"));

    // …and as Connect over HTTPS, with health and metrics.
    http::ServerOptions https;
    https.address = options_.https.host;
    https.port = options_.https.port;
    SB_TRY(const auto live, certificate_->ensure(clock_.now()));
    SB_TRY(https_server_, opened(http::Server::start(https, {live.chain_pem, live.key_pem}, https_handler()),
                                 "--https-listen"));

    endpoints_ = {agent_server_->address(), operator_server_->address(),
                  ListenAddress{options_.https.host, https_server_->port()}.text()};
    SB_CHECK(check_loopback());
    SB_CHECK(write_endpoints(data_->endpoints(), endpoints_));
    strand_->post([this] { keep_house(); });
    return {};
}

http::RequestHandler Controller::https_handler() {
    api::Observations see;
    see.ready = [this](std::function<void(Status)> reply) {
        strand_->post([this, reply = std::move(reply)] { reply(domain_->health().ready()); });
    };
    see.metrics = [this] {
        domain_->observe(metrics_);
        metrics_.gauge("signalbox_https_connections", "Open HTTPS connections.")
            .set(static_cast<std::int64_t>(https_server_->connections()));
        observe_port(metrics_, "agent", *agent_server_);
        observe_port(metrics_, "operator", *operator_server_);
        return metrics_.render();
    };
    see.checkpoint = [this](std::function<void(Result<std::string>)> reply) {
        strand_->post([this, reply = std::move(reply)] { reply(domain_->publisher().shown().note); });
    };
    see.tile = [this](std::string path, std::function<void(Result<std::string>)> reply) {
        strand_->post([this, path = std::move(path), reply = std::move(reply)] {
            reply(ledger::read_tile(path, domain_->ledger(), storage_->ledger()));
        });
    };
    return api::https_edge(*dispatcher_, std::move(see));
}

// On the strand, again and again: the certificate's renewal, a sign of life in an idle ledger, and the daily
// word about the trust file.
void Controller::keep_house() {
    domain_->on_authority_changed([this] { renew_certificate(); });
    const auto again = [this](auto self, int round) -> void {
        renew_certificate();
        domain_->watch_service_keys();
        if (round % kTrustWarningEvery == kTrustWarningEvery - 1) domain_->warn_of_trust();
        if (round != 0) domain_->sign_of_life();
        strand_->post_at(clock_.now() + kHousekeeping, [self, round] { self(self, round + 1); });
    };
    again(again, 0);
}

void Controller::renew_certificate() {
    auto live = certificate_->ensure(clock_.now());
    if (!live) {
        log_.error("the server certificate cannot be renewed", {{"error", live.error()}});
    } else if (live->renewed) {
        // gRPC notices the flipped link by itself.
        const auto taken = https_server_->set_certificate({live->chain_pem, live->key_pem});
        if (!taken) log_.error("the renewed certificate does not load", {{"error", taken.error()}});
        log_.info("server certificate renewed", {{"expires", to_rfc3339(live->not_after)}});
    }
}

std::string Controller::advertised_host() const {
    if (!options_.advertise.empty()) return options_.advertise;
    if (options_.agent.loopback_host() == options_.agent.host) return options_.agent.host;
    // Listening on every address names none: agents are told this host's name.
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0') return name.data();
    return options_.agent.loopback_host();
}

Status Controller::check_loopback() const {
    const auto at = [](const ListenAddress& listen, std::uint16_t port) {
        return ListenAddress{listen.loopback_host(), port}.text();
    };
    SB_TRY(const std::string ca,
           strand_->call([this]() -> Result<std::string> { return ca_->loopback_pem(); }));
    SB_CHECK(rpc::knock(at(options_.agent, agent_server_->port()), ca, clock_.now() + kLoopbackDeadline));
    SB_CHECK(rpc::knock(at(options_.operator_grpc, operator_server_->port()), ca,
                        clock_.now() + kLoopbackDeadline));
    http::ClientOptions options;
    options.ca_pem = ca;
    options.deadline = kLoopbackDeadline;
    http::Client client(std::move(options));
    const auto where = "https://" + at(options_.https, https_server_->port()) + "/readyz";
    SB_TRY(const auto answer, client.send({"GET", where, {}, ""}));
    if (answer.status == 200) return {};
    // Almost no space is no reason to end: a restart would not make any.
    if (answer.status == 503 && strand_->call([this] { return domain_->health().works(); })) {
        log_.warning("the controller works, but is not ready", {{"reason", answer.body}});
        return {};
    }
    return Error(Code::unavailable, fmt::format("/readyz answers {}: {}", answer.status, answer.body));
}

void Controller::stop() {
    if (stopped_) return;
    stopped_ = true;
    std::error_code ignored;
    if (data_ && !endpoints_.https.empty()) std::filesystem::remove(data_->endpoints(), ignored);
    // The doors first: no new work.
    if (https_server_) https_server_->stop(kGrace);
    if (operator_server_) operator_server_->stop(kGrace);
    if (agent_server_) {
        strand_->post([this] { domain_->sessions().close_all("the controller stops"); });
        agent_server_->stop(kGrace);
    }
    // What is still on the side strand replies on the domain strand.
    if (side_) side_->stop();
    if (witness_side_) witness_side_->stop();
    if (domain_ && strand_) {
        const auto sealed = strand_->call([this]() -> Status {
            SB_CHECK(domain_->ledger().checkpoint_now());
            return storage_->checkpoint();
        });
        if (!sealed) log_.error("the last checkpoint could not be made", {{"error", sealed.error()}});
    }
    if (strand_) strand_->stop();
}

}  // namespace signalbox::app
