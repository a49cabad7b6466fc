// SPDX-License-Identifier: Apache-2.0
// signalbox init
#include <fmt/format.h>

#include "controller/cli/bootstrap.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/passphrase.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

struct InitOptions {
    std::string cluster, data, root_keys, passphrase_file;
    std::string url = "https://127.0.0.1:8443";
    std::string trust_expires = "365d";
};

std::vector<std::string> next_steps(const BootstrapRequest& request, const Bootstrapped& made,
                                    const Context& context) {
    const Terminal terminal = uncut(context.terminal);
    const auto head = [&](std::string_view text) { return paint(terminal, Tone::strong, text); };
    const std::string first_root = safe(made.root_key_files[0]);
    return {
        head(fmt::format("Cluster {} is made.", request.cluster)),
        fmt::format("  data         {}", safe(request.data)),
        fmt::format("  root keys    {}/root-1.key to root-{}.key ({} of them must sign)",
                    safe(request.root_keys), kRootKeys, kRootThreshold),
        fmt::format("  credentials  {} (administrator)", safe(request.credentials_file)),
        fmt::format("  trust file   sha256 {}, {}", made.trust_sha256,
                    "expires " + relative(to_rfc3339(made.trust_expires), context.clock.now())),
        "",
        head("Next"),
        std::string(
            "  1. Take the root keys off this machine: each to another person, on another medium. They sign "
            "trust files only."),
        fmt::format("  2. Start the controller:        signalboxd --data {}", safe(request.data)),
        "  3. See that it is well:         signalbox status",
        "  4. Each approver makes a key:   signalbox key new NAME",
        std::string(
            "  5. Let them approve:            signalbox trust add-approver --environment ENV --role ROLE "
            "--label NAME KEY"),
        fmt::format("  6. Sign with {} root keys:       signalbox trust sign --key {}", kRootThreshold,
                    first_root),
        "  7. Put it in force:             signalbox trust publish",
        "  8. Bring hosts in:              signalbox enrol-token create --environment ENV --host HOST",
    };
}

Result<int> init(const Context& context, const InitOptions& options) {
    BootstrapRequest request;
    request.cluster = options.cluster;
    request.data = options.data;
    while (request.data.size() > 1 && request.data.ends_with('/')) request.data.pop_back();
    request.root_keys = options.root_keys.empty() ? request.data + "-root-keys" : options.root_keys;
    request.url = options.url;
    SB_TRY(request.credentials_file, context.credentials_file());
    SB_TRY(request.trust_life, parse_duration(options.trust_expires).with_context("--trust-expires"));
    SB_CHECK(check_bootstrap(request));
    SB_TRY(const crypto::SecretBytes passphrase,
           new_passphrase(context.prompt, options.passphrase_file, "the root keys"));
    SB_TRY(const Bootstrapped made, bootstrap(request, passphrase, context.random, context.clock.now()));
    if (context.json) {
        SB_CHECK(context.out.write(json_text({{"cluster_id", request.cluster},
                                              {"data", request.data},
                                              {"root_keys", made.root_key_files},
                                              {"credentials", request.credentials_file},
                                              {"trust_sha256", made.trust_sha256},
                                              {"trust_expires", to_rfc3339(made.trust_expires)}})));
    } else {
        SB_CHECK(context.print(next_steps(request, made, context)));
    }
    return kOk;
}

}  // namespace

void add_init_command(const Registry& registry) {
    registry
        .command<InitOptions>(
            "init", "Make a new cluster: root keys, controller data, certificate authority, administrator",
            [](CLI::App& app, InitOptions& o) {
                app.add_option("--cluster", o.cluster, "Name of the cluster: a-z, 0-9 and '-'")->required();
                app.add_option("--data", o.data, "The controller's data directory; must be absent or empty")
                    ->required();
                app.add_option(
                    "--root-keys", o.root_keys,
                    "Where to write the root keys [DATA-root-keys]; not inside the data directory");
                app.add_option("--passphrase-file", o.passphrase_file,
                               "Passphrase of the root keys: a file (mode 0600) or pipe [asked twice]");
                app.add_option(
                    "--url", o.url,
                    "Where the controller will answer, for the credentials file [https://127.0.0.1:8443]");
                app.add_option("--trust-expires", o.trust_expires,
                               "How long the first trust file is good [365d]");
            },
            init)
        .footer("The administrator's credentials go to --credentials. Nothing is ever written over.");
}

}  // namespace signalbox::cli
