// SPDX-License-Identifier: Apache-2.0
// The controller's side of the agent wire on loopback: real TLS, real accept loop and strand, stores in
// memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/async/thread_strand.hpp"
#include "common/os/file.hpp"
#include "common/os/private_directory.hpp"
#include "common/os/temp_directory.hpp"
#include "common/pki/certificate.hpp"
#include "common/pki/key.hpp"
#include "common/rpc/server.hpp"
#include "controller/fleet/server/agent_service.hpp"
#include "controller/fleet/server/foreign_calls.hpp"
#include "controller/fleet/server/service.hpp"
#include "tests/fakes/fleet_store.hpp"
#include "tests/fakes/ledger_store.hpp"

namespace signalbox::support {

struct TrustTexts final : fleet::TrustSource {
    std::int64_t version = 1;
    std::int64_t current_version() const override { return version; }
    Result<std::string> text(std::int64_t v) const override { return "trust file " + std::to_string(v); }
};

struct MemoryBlobs final : fleet::BlobReader {
    struct MemoryBlob final : fleet::Blob {
        explicit MemoryBlob(std::string t) : text(std::move(t)) {}
        std::uint64_t size() const override { return text.size(); }
        Result<std::size_t> read(std::uint64_t offset, std::span<char> out) override {
            return text.copy(out.data(), out.size(), offset);
        }
        std::string text;
    };
    Result<std::unique_ptr<fleet::Blob>> open(const crypto::Digest& sha256) override {
        const auto found = texts.find(sha256);
        if (found == texts.end()) return Error(Code::not_found, "no such artifact");
        return std::unique_ptr<fleet::Blob>(std::make_unique<MemoryBlob>(found->second));
    }
    crypto::Digest add(std::string text) {
        const crypto::Digest digest = crypto::sha256(text);
        texts.emplace(digest, std::move(text));
        return digest;
    }
    std::map<crypto::Digest, std::string> texts;
};

// Appends records to the ledger and remembers what was reported; on the strand.
struct Reports final : fleet::RecordSink, dispatch::AgentEvents {
    explicit Reports(ledger::Ledger& l) : ledger(l) {}
    Status accept(const AgentId&, std::vector<fleet::VerifiedRecord> records) override {
        std::vector<ledger::PendingEntry> entries;
        for (const fleet::VerifiedRecord& record : records) entries.push_back(record.entry);
        SB_CHECK(ledger.append(entries));
        for (fleet::VerifiedRecord& record : records) accepted.push_back(std::move(record));
        return {};
    }
    void agent_ready(const AgentId& agent) override { ready.push_back(agent); }
    void agent_gone(const AgentId&, const std::string& why) override { gone.push_back(why); }
    void execute_answered(const AgentId&, const dispatch::ExecuteAnswer& a) override {
        executed.push_back(a);
    }
    void query_answered(const AgentId&, const dispatch::QueryAnswer& a) override { queried.push_back(a); }

    ledger::Ledger& ledger;
    std::vector<fleet::VerifiedRecord> accepted;
    std::vector<AgentId> ready;
    std::vector<std::string> gone;
    std::vector<dispatch::ExecuteAnswer> executed;
    std::vector<dispatch::QueryAnswer> queried;
};

class FleetController {
  public:
    explicit FleetController(std::chrono::seconds heartbeat = std::chrono::seconds(30),
                             Duration leaf_life = std::chrono::hours(24))
        : ca{cluster, authorities, random, leaf_life},
          settings_{cluster, "test", heartbeat, std::chrono::seconds(10)} {
        write_certificate();
        strand.call([this] {
            ledger = std::make_unique<ledger::Ledger>(cluster, ledger_key, ledger_store, strand, clock);
            if (!ledger->open()) std::terminate();
            reports = std::make_unique<Reports>(*ledger);
            sessions =
                std::make_unique<fleet::Sessions>(settings_, store, *ledger, trust, strand, clock, log);
            sessions->connect(*reports, *reports);
        });
        enroller = std::make_unique<fleet::Enroller>(cluster, store, *ledger, trust, ca, random, log);
        enroller->on_copied([this](const AgentId& agent, const std::string& why, const json::Json& proof) {
            if (!sessions->set_state(agent, fleet::AgentState::quarantined, why, "controller", proof))
                std::terminate();
        });
        returns = std::make_unique<fleet::Reauthenticator>(cluster, store, *ledger, ca, random, log);
        rpc = std::make_unique<fleet::AgentRpc>(cluster, *sessions, *enroller, *returns, store, ca, blobs,
                                                strand, clock, log);
        start();
    }
    ~FleetController() {
        stop();
        strand.call([this] {
            rpc.reset();
            returns.reset();
            enroller.reset();
            sessions.reset();
            ledger.reset();
        });
        strand.stop();
    }
    FleetController(const FleetController&) = delete;
    FleetController& operator=(const FleetController&) = delete;

    void start(const std::string& listen = "127.0.0.1:0") {
        rpc::ServerOptions options;
        options.name = "agents";
        options.listen = listen;
        options.tls = {directory.file("server.key"), directory.file("server.crt"), directory.file("ca.crt"),
                       std::chrono::seconds(1)};
        foreign = std::make_unique<fleet::ForeignCalls>(cluster, *sessions, strand);  // for one server each
        auto started = rpc::Server::start(options, clock, [this](auto& builder) {
            builder.RegisterService(rpc.get());
            builder.RegisterCallbackGenericService(foreign.get());
        });
        if (!started) throw std::runtime_error(started.error().to_string());
        server = *std::move(started);
        address = server->address();
    }
    void stop() {
        if (server == nullptr) return;
        strand.call([this] { sessions->close_all("the controller stops"); });
        server->stop(std::chrono::milliseconds(2000));
        server.reset();
    }

    join::JoinLine join_line(const std::string& host = "web-1",
                             std::chrono::seconds ttl = std::chrono::seconds(600), bool replace = false) {
        auto made = strand.call([&] {
            fleet::JoinRequest request;
            request.environment = "production";
            request.host = host;
            request.site = "dc1";
            request.labels = {{"role", "web"}};
            request.ttl = ttl;
            request.by = "admin";
            request.replace = replace;
            return fleet::create_join_token(
                request, {cluster, address, to_bytes(pki::pem_to_der(authority.certificate_pem()).value())},
                store, *ledger, trust, random, clock.now());
        });
        return std::move(made).value().line;
    }

    // A new leaf for the running server; connections from now on (and a moment) see it.
    void write_certificate() {
        const auto key = pki::make_key_and_request().value();
        pki::LeafProfile profile;
        profile.names.uris = {pki::controller_uri(cluster.str())};
        profile.names.dns = {"signalbox-controller", "localhost"};
        profile.names.ips = {"127.0.0.1"};
        profile.server = true;
        const auto leaf = authority.issue(key.csr_der, profile, clock.now(), random).value();
        write("server.key", to_text(key.key_pem.expose()));
        write("server.crt", leaf.certificate_pem);
        write("ca.crt", authority.certificate_pem());
    }

    ClusterId cluster{"demo"};
    os::TempDirectory directory = os::TempDirectory::make().value();
    SystemClock clock;
    crypto::SystemRandom random;
    telemetry::Logger log = telemetry::Logger::silent();
    crypto::SigningKey ledger_key = crypto::SigningKey::generate();
    pki::Authority authority = make_authority();
    fleet::OneAuthority authorities{authority};
    fleet::AgentCa ca;
    fakes::FleetStore store;
    fakes::LedgerStore ledger_store;
    TrustTexts trust;
    MemoryBlobs blobs;
    async::ThreadStrand strand{clock};
    std::unique_ptr<ledger::Ledger> ledger;
    std::unique_ptr<Reports> reports;
    std::unique_ptr<fleet::Sessions> sessions;
    std::unique_ptr<fleet::Enroller> enroller;
    std::unique_ptr<fleet::Reauthenticator> returns;
    std::unique_ptr<fleet::AgentRpc> rpc;
    std::unique_ptr<fleet::ForeignCalls> foreign;
    std::unique_ptr<rpc::Server> server;
    std::string address;

  private:
    pki::Authority make_authority() {
        auto files = pki::create_authority(cluster.str(), clock.now(), random).value();
        return pki::Authority::load(files.certificate_pem, files.key_pem).value();
    }
    void write(const std::string& name, const std::string& text) {
        if (!os::write_file_atomically(directory.file(name), text)) std::terminate();
    }

    fleet::SessionSettings settings_;
};

}  // namespace signalbox::support
