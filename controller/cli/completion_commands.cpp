// SPDX-License-Identifier: Apache-2.0
// signalbox completion bash|zsh|fish, and the hidden command that its scripts call
#include "controller/cli/command.hpp"
#include "controller/cli/complete.hpp"

namespace signalbox::cli {
namespace {

struct ScriptOptions {
    std::string shell;
};
struct WordsOptions {
    std::vector<std::string> words;
};

}  // namespace

void add_completion_commands(const Registry& registry) {
    CLI::App& script = registry.command<ScriptOptions>(
        "completion", "Print a completion script",
        [](CLI::App& app, ScriptOptions& o) {
            app.add_option("shell", o.shell, "bash, zsh or fish")
                ->required()
                ->check(CLI::IsMember({"bash", "zsh", "fish"}));
        },
        [](const Context& context, const ScriptOptions& o) -> Result<int> {
            SB_CHECK(context.out.write(completion_script(o.shell)));
            return kOk;
        });
    script.footer(
        "bash: source <(signalbox completion bash)\nzsh:  source <(signalbox completion zsh)\n"
        "fish: signalbox completion fish | source");
    CLI::App* root = &registry.app;
    registry
        .command<WordsOptions>(
            "__complete", "", [](CLI::App& app, WordsOptions& o) { app.add_option("words", o.words); },
            [root](const Context& context, const WordsOptions& o) -> Result<int> {
                SB_CHECK(context.print(complete(*root, o.words)));
                return kOk;
            })
        .group("");
}

}  // namespace signalbox::cli
