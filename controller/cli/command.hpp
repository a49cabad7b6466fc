// SPDX-License-Identifier: Apache-2.0
// How a command joins the program: it declares its options and, when it is chosen, leaves its action to be
// run after parsing. Actions answer an exit code or an error.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "common/base/result.hpp"
#include "controller/cli/context.hpp"
#include "controller/cli/exit_code.hpp"
#include "controller/cli/keyring.hpp"

namespace signalbox::cli {

using Action = std::function<Result<int>()>;

// Where commands are declared; everything outlives the run.
struct Registry {
    CLI::App& app;  // the parent of what is declared
    Context& context;
    Action& chosen;

    [[nodiscard]] Registry under(CLI::App& parent) const { return {parent, context, chosen}; }

    // A group of commands: choosing it alone is a usage error that shows its help.
    CLI::App& group(const std::string& name, const std::string& description) const {
        CLI::App* made = app.add_subcommand(name, description);
        made->require_subcommand(1);
        return *made;
    }

    // A command with its options: `declare(app, options)` adds them, `run(context, options)` acts.
    template <class Options, class Declare, class Run>
    CLI::App& command(const std::string& name, const std::string& description, Declare declare,
                      Run run) const {
        CLI::App* made = app.add_subcommand(name, description);
        auto options = std::make_shared<Options>();
        declare(*made, *options);
        Context* with = &context;
        Action* slot = &chosen;
        // A command is called after those below it, which then stand: "agents show" is not "agents".
        made->callback([=] {
            if (!*slot) *slot = [=]() -> Result<int> { return run(*with, *options); };
        });
        return *made;
    }
};

// Options that name a signing key, shared by the commands that sign.
struct KeyOptions {
    std::string key;
    std::string folder;
    std::string passphrase_file;
    void declare_folder(CLI::App& app);
    void declare(CLI::App& app, bool required = true);
    [[nodiscard]] Result<Keyring> keyring(const Context& context) const;
};

void add_init_command(const Registry& registry);
void add_key_commands(const Registry& registry);
void add_trust_commands(const Registry& registry);
void add_enrolment_commands(const Registry& registry);
void add_agent_commands(const Registry& registry);
void add_ca_commands(const Registry& registry);
void add_estate_commands(const Registry& registry);
void add_approval_commands(const Registry& registry);
void add_artifact_commands(const Registry& registry);
void add_release_commands(const Registry& registry);
// `under`: the commands of releases.
void add_story_commands(const Registry& under);
void add_throttle_commands(const Registry& registry);
// `under`: the commands of the ledger.
void add_audit_commands(const Registry& under);
void add_proof_commands(const Registry& under);
void add_watch_commands(const Registry& under);
void add_ledger_commands(const Registry& registry);
void add_witness_commands(const Registry& registry);
void add_access_commands(const Registry& registry);
void add_secret_commands(const Registry& registry);
void add_status_commands(const Registry& registry);
void add_completion_commands(const Registry& registry);

}  // namespace signalbox::cli
