// SPDX-License-Identifier: Apache-2.0
// signalbox witness init|run: a witness on the reviewers' own machine. Protocol: docs/formats/witness.md.
#include <fmt/format.h>

#include <chrono>

#include "common/evidence/trusted_checkpoint.hpp"
#include "common/os/signal_watcher.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/trust_chain.hpp"
#include "controller/witness/server.hpp"

namespace signalbox::cli {
namespace {

constexpr std::chrono::hours kRenewEvery{6};

struct InitOptions {
    std::string state, name;
};
struct RunOptions {
    std::string state;
    std::vector<std::string> trust;
    std::string pinned;
    std::string address = "127.0.0.1";
    std::uint16_t port = 8445;
    std::vector<std::string> hosts;
};

Result<int> init(const Context& context, const InitOptions& options) {
    SB_CHECK(witness::State::create(options.state, options.name, context.clock.now(), context.random));
    SB_TRY(const auto state, witness::State::open(options.state));
    const crypto::PublicKey& key = state.key().public_key();
    const std::string vkey = merkle::cosigner_vkey(state.name(), key);
    if (context.json) {
        SB_CHECK(context.out.write(json_text({{"name", state.name()},
                                              {"public", key.paserk()},
                                              {"kid", key.id().str()},
                                              {"vkey", vkey},
                                              {"ca", state.ca_path()}})));
        return kOk;
    }
    SB_CHECK(context.print({"name     " + safe(state.name()), "public   " + key.paserk(), "vkey     " + vkey,
                            "TLS CA   " + safe(state.ca_path())}));
    SB_CHECK(context.remark("next: the keepers of the root keys make it count, with:"));
    SB_CHECK(context.remark(fmt::format("  signalbox trust add-key --role witness --label {} {}",
                                        safe(state.name()), key.paserk())));
    SB_CHECK(
        context.remark("and the controller asks it: signalboxd --witness https://HOST:PORT --witness-ca CA"));
    return kOk;
}

witness::Log log_of(const trust::TrustFile& trust) {
    witness::Log log{merkle::origin_of(trust.cluster_id.str()), {}};
    for (const crypto::KeyId& id : trust.roles.at("ledger").keyids) {
        if (const auto* key = trust.key_in_role("ledger", id)) log.keys.push_back(*key);
    }
    return log;
}

Result<int> run(const Context& context, const RunOptions& options) {
    // Before any thread is started.
    SB_TRY(auto signals, os::SignalWatcher::open());
    SB_TRY(const trust::TrustFile trust, read_trust_chain(options.trust, options.pinned));
    SB_TRY(const auto state, witness::State::open(options.state));
    const witness::Log log = log_of(trust);
    SB_TRY(const auto seen, state.seen(log.origin));
    witness::Witness witness(state, {log}, context.clock, [&](const std::string& line) {
        // Nowhere else to say that it cannot be said.
        (void)context.err.write(to_rfc3339(context.clock.now()) + " " + safe(line) + "\n");
    });
    SB_TRY(const auto server, witness::Server::start({options.address, options.port, options.hosts}, state,
                                                     witness, context.clock.now(), context.random));
    SB_CHECK(context.print(
        fmt::format("ready port={} log={} seen={}", server->port(), log.origin, seen ? seen->size : 0)));
    while (!signals.wait_for(kRenewEvery)) {
        if (auto renewed = server->renew(context.clock.now(), context.random); !renewed)
            SB_CHECK(context.remark("the certificate cannot be renewed: " + renewed.error().to_string()));
    }
    return kOk;
}

}  // namespace

void add_witness_commands(const Registry& registry) {
    const Registry under = registry.under(
        registry.group("witness", "Cosign a ledger's checkpoints, so that it cannot show two histories"));
    under.command<InitOptions>(
        "init", "Make a witness: its key, its name and its TLS authority, in a folder of its own",
        [](CLI::App& app, InitOptions& o) {
            app.add_option("--state", o.state, "The folder; it must never be set back to an older copy")
                ->required();
            app.add_option("--name", o.name,
                           "Its name in cosignatures, such as witness.example.org/signalbox")
                ->required();
        },
        init);
    under
        .command<RunOptions>(
            "run", "Answer the controller's requests over HTTPS (C2SP tlog-witness) until stopped",
            [](CLI::App& app, RunOptions& o) {
                app.add_option("--state", o.state, "The folder that init made")->required();
                app.add_option("--trust", o.trust,
                               "Trust file with the ledger's keys; more than once for a chain of versions")
                    ->required()
                    ->take_all();
                app.add_option("--trust-sha256", o.pinned, "The first trust file must have this SHA-256");
                app.add_option("--address", o.address, "IP address to listen on [127.0.0.1]");
                app.add_option("--port", o.port, "Port; 0 picks one [8445]");
                app.add_option("--host", o.hosts,
                               "Name or address under which it is reached; again for more");
            },
            run)
        .footer("Alarms go to standard error, a line each, and begin with ALARM behind the time.");
}

}  // namespace signalbox::cli
