// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/app.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/cli/command.hpp"
#include "controller/cli/report.hpp"
#include "controller/cli/suggest.hpp"

namespace signalbox::cli {
namespace {

void declare(CLI::App& app, Context& context, Action& chosen, std::string& color) {
    app.fallthrough();
    app.require_subcommand(1);
    app.footer(std::string(kExitCodesHelp) + "\nMore: docs/cli.md, and signalbox COMMAND --help.");
    app.set_version_flag("--version", "signalbox " SIGNALBOX_VERSION);
    app.add_flag("--json", context.json, "Write results as JSON, and errors too");
    app.add_option("--credentials", context.credentials_path,
                   "Credentials file [SIGNALBOX_CREDENTIALS, ~/.config/signalbox/credentials.json]");
    app.add_option("--color", color, "When to colour: auto (a terminal without NO_COLOR), always, never")
        ->check(CLI::IsMember({"auto", "always", "never"}));

    const Registry registry{app, context, chosen};
    add_release_commands(registry);
    add_approval_commands(registry);
    add_throttle_commands(registry);
    add_status_commands(registry);
    add_agent_commands(registry);
    add_ca_commands(registry);
    add_enrolment_commands(registry);
    add_estate_commands(registry);
    add_artifact_commands(registry);
    add_ledger_commands(registry);
    add_witness_commands(registry);
    add_trust_commands(registry);
    add_key_commands(registry);
    add_secret_commands(registry);
    add_access_commands(registry);
    add_init_command(registry);
    add_completion_commands(registry);
}

const CLI::App& deepest(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : deepest(*chosen.back());
}

std::string path_of(const CLI::App& app) {
    return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> words_of(const CLI::App& app) {
    std::vector<std::string> words;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        words.push_back(sub->get_name());
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
        for (const CLI::Option* option : at->get_options()) {
            for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
        }
    }
    return words;
}

// The first word that is neither a command below `at` nor an option: what a person most likely mistyped.
std::string unknown_word(const CLI::App& app, const CLI::App& at, const std::vector<std::string>& arguments) {
    std::vector<std::string> known = words_of(at);
    for (const CLI::App* on_the_way = &at; on_the_way != nullptr; on_the_way = on_the_way->get_parent()) {
        known.push_back(on_the_way->get_name());
    }
    for (const std::string& argument : arguments) {
        std::string word = argument.substr(0, argument.find('='));
        const bool is_known = std::find(known.begin(), known.end(), word) != known.end();
        const bool may_be_command = !word.starts_with("-") && at.get_require_subcommand_min() > 0;
        if (!is_known && (may_be_command || word.starts_with("--")) && word != app.get_name()) return word;
    }
    return {};
}

Error usage_error(const CLI::App& app, const CLI::ParseError& parse_error,
                  const std::vector<std::string>& arguments) {
    const CLI::App& at = deepest(app);
    std::string what = parse_error.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    std::string next = fmt::format("{} --help", path_of(at));
    const std::string word = unknown_word(app, at, arguments);
    if (word.empty()) return {Code::invalid_argument, fmt::format("{}: {}", path_of(at), what), next};
    if (!word.starts_with("-")) what = fmt::format("there is no command '{}'", word);
    const std::string meant = nearest(word, words_of(at));
    if (!meant.empty()) next = fmt::format("did you mean '{}'? {}", meant, next);
    return {Code::invalid_argument, fmt::format("{}: {}", path_of(at), what), next};
}

// Every error says what to do next: where nobody knew better, this.
std::string usual_remedy(const Error& error, const CLI::App& app) {
    switch (error.code()) {
        case Code::unavailable:
        case Code::deadline_exceeded:
            return "try again; when it stays so, look at the controller's log";
        case Code::data_loss:
            return "do not use what was found damaged; compare it with a copy or a backup";
        case Code::resource_exhausted:
            return "free what has run out, then run the command again";
        case Code::cancelled:
            return "run the command again to be asked again";
        case Code::internal:
            return "report it with the command that you ran";
        default:
            return path_of(deepest(app)) + " --help";
    }
}

int finish(const Context& context, Result<int> result, const CLI::App& app) {
    if (result) return *result;
    Error error = std::move(result).error();
    if (error.remedy().empty()) error = Error(error.code(), error.message(), usual_remedy(error, app));
    // The reader of a pipe has what it wanted: nothing to say, but not all was written.
    if (error.code() == Code::cancelled) {
        if (error.message().ends_with("the reader has gone")) return kFailed;
    }
    const std::string text = context.json ? error_json(error) : render_error(error, context.err_terminal);
    if (!context.err.write(text)) return exit_code_of(error.code());  // nowhere left to say it
    return exit_code_of(error.code());
}

Result<int> parse_and_act(CLI::App& app, const std::vector<std::string>& arguments, Context& context,
                          const Action& chosen, const std::string& color) {
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
        SB_CHECK(context.out.write(app.help()));
        return kOk;
    } catch (const CLI::CallForVersion& version) {
        SB_CHECK(context.print(version.what()));
        return kOk;
    } catch (const CLI::ParseError& error) {
        return usage_error(app, error, arguments);
    }
    if (color != "auto") context.terminal.color = context.err_terminal.color = color == "always";
    if (!chosen) return Error(Code::invalid_argument, "no command given", "signalbox --help");
    return chosen();
}

}  // namespace

int run(const std::vector<std::string>& arguments, Context& context) {
    CLI::App app("Releases software to hybrid estates: nothing runs on a host that people did not sign for.",
                 "signalbox");
    try {
        Action chosen;
        std::string color = "auto";
        declare(app, context, chosen, color);
        return finish(context, parse_and_act(app, arguments, context, chosen, color), app);
    } catch (const std::exception& thrown) {
        return finish(context, Error(Code::internal, fmt::format("a bug in signalbox: {}", thrown.what())),
                      app);
    }
}

}  // namespace signalbox::cli
