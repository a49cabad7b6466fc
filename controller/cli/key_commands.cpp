// SPDX-License-Identifier: Apache-2.0
// signalbox key new|list|show
#include <fmt/format.h>

#include "controller/cli/command.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/passphrase.hpp"
#include "controller/cli/ssh_agent.hpp"
#include "controller/cli/table.hpp"

namespace signalbox::cli {
namespace {

struct NewOptions {
    KeyOptions key;
    std::string name;
};
struct ShowOptions {
    KeyOptions key;
    std::string format = "text";
};

json::Json entry_json(const KeyEntry& entry) {
    return {{"name", entry.name},
            {"kid", entry.key.id().str()},
            {"public", entry.key.paserk()},
            {"where", entry.where}};
}

Result<int> make_key(const Context& context, const NewOptions& options) {
    SB_TRY(const Keyring keyring, options.key.keyring(context));
    if (!is_key_name(options.name)) {
        return Error(Code::invalid_argument, fmt::format("'{}' cannot be the name of a key", options.name),
                     "use letters, digits, '.', '_' and '-', at most 64");
    }
    SB_TRY(const crypto::SecretBytes passphrase,
           new_passphrase(context.prompt, options.key.passphrase_file, "key " + options.name));
    SB_TRY(const KeyEntry made, keyring.create(options.name, passphrase, context.random));
    if (context.json) {
        SB_CHECK(context.out.write(json_text(entry_json(made))));
        return kOk;
    }
    SB_CHECK(context.print(made.key.paserk()));
    SB_CHECK(
        context.remark(fmt::format("made key {} in {} ({})", made.name, made.where, made.key.id().str())));
    SB_CHECK(context.remark("next: give the line above to the keepers of the root keys, who add it with:"));
    SB_CHECK(context.remark(
        fmt::format("  signalbox trust add-approver --environment ENV --role ROLE --label {} {}", made.name,
                    made.key.paserk())));
    return kOk;
}

Result<int> list_keys(const Context& context, const KeyOptions& options) {
    SB_TRY(const Keyring keyring, options.keyring(context));
    SB_TRY(const std::vector<KeyEntry> entries, keyring.list());
    if (context.json) {
        json::Json out = json::Json::array();
        for (const KeyEntry& entry : entries) out.push_back(entry_json(entry));
        SB_CHECK(context.out.write(json_text({{"keys", out}})));
        return kOk;
    }
    if (entries.empty()) {
        SB_CHECK(context.remark(fmt::format("no keys in {} and none in an ssh-agent", keyring.folder)));
        SB_CHECK(context.remark("next: signalbox key new NAME"));
        return kOk;
    }
    Table table({{"NAME"}, {"KEY ID"}, {"WHERE", true}});
    for (const KeyEntry& entry : entries) table.add({entry.name, entry.key.id().str(), entry.where});
    SB_CHECK(context.print(table.lines(context.terminal)));
    return kOk;
}

Result<int> show_key(const Context& context, const ShowOptions& options) {
    SB_TRY(const Keyring keyring, options.key.keyring(context));
    SB_TRY(const KeyEntry entry, keyring.find(options.key.key));
    if (context.json) {
        json::Json out = entry_json(entry);
        out["pem"] = entry.key.pem();
        out["ssh"] = ssh_public_line(entry.key);
        out["fingerprint"] = ssh_fingerprint(entry.key);
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    if (options.format == "paserk") {
        SB_CHECK(context.print(entry.key.paserk()));
    } else if (options.format == "id") {
        SB_CHECK(context.print(entry.key.id().str()));
    } else if (options.format == "pem") {
        SB_CHECK(context.out.write(entry.key.pem()));
    } else if (options.format == "ssh") {
        SB_CHECK(context.print(ssh_public_line(entry.key)));
    } else {
        SB_CHECK(context.print({"key id       " + entry.key.id().str(), "public key   " + entry.key.paserk(),
                                "fingerprint  " + ssh_fingerprint(entry.key),
                                "where        " + safe(entry.where)}));
    }
    return kOk;
}

}  // namespace

void KeyOptions::declare_folder(CLI::App& app) {
    app.add_option("--dir", folder, "Folder of key files [SIGNALBOX_KEYS, ~/.config/signalbox/keys]");
}

void KeyOptions::declare(CLI::App& app, bool required) {
    declare_folder(app);
    app.add_option("--key", key,
                   "Key: a name (signalbox key list), a path, or ssh-agent:<comment or fingerprint>")
        ->required(required);
    app.add_option("--passphrase-file", passphrase_file,
                   "Read the passphrase from this file (mode 0600) or pipe");
}

Result<Keyring> KeyOptions::keyring(const Context& context) const {
    Keyring keyring{folder, context.variable("SSH_AUTH_SOCK")};
    if (folder.empty()) keyring.folder = context.variable("SIGNALBOX_KEYS");
    if (keyring.folder.empty()) {
        SB_TRY(const std::string config, context.config_folder());
        keyring.folder = config + "/keys";
    }
    return keyring;
}

void add_key_commands(const Registry& registry) {
    const Registry under = registry.under(registry.group("key", "Your signing keys: files and ssh-agent"));
    under.command<NewOptions>(
        "new", "Make an Ed25519 key, protected by a passphrase, and print its public half",
        [](CLI::App& app, NewOptions& o) {
            app.add_option("name", o.name, "What to call it")->required();
            o.key.declare_folder(app);
            app.add_option("--passphrase-file", o.key.passphrase_file,
                           "Read the passphrase from this file (mode 0600) or pipe");
        },
        make_key);
    under.command<KeyOptions>(
        "list", "List key files and the ssh-ed25519 keys of the ssh-agent",
        [](CLI::App& app, KeyOptions& o) { o.declare_folder(app); }, list_keys);
    under.command<ShowOptions>(
        "show", "Show the public half of a key",
        [](CLI::App& app, ShowOptions& o) {
            app.add_option("key", o.key.key, "A name, a path, or ssh-agent:<comment or fingerprint>")
                ->required();
            o.key.declare_folder(app);
            app.add_option("--format", o.format, "text, paserk (k4.public), id (k4.pid), pem, ssh")
                ->check(CLI::IsMember({"text", "paserk", "id", "pem", "ssh"}));
        },
        show_key);
}

}  // namespace signalbox::cli
