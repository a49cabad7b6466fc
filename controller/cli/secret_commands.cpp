// SPDX-License-Identifier: Apache-2.0
// signalbox secret set|list|remove. A value comes from a file or standard input, never from an argument, and
// is shown nowhere.
#include <fmt/format.h>
#include <unistd.h>

#include "common/os/file.hpp"
#include "common/os/process.hpp"
#include "common/secret/secret.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/table.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

struct SetOptions {
    std::string name, environment, file;
};
struct ListOptions {
    std::string environment;
};
struct RemoveOptions {
    std::string name, environment;
    std::int64_t version = 0;
    bool all = false;
};

// One newline at the end is the editor's, not the value's.
Result<std::string> read_value(const std::string& file) {
    std::string value;
    if (file == "-") {
        SB_TRY(value, os::read_all(STDIN_FILENO, secret::kMostValue + 1, "standard input"));
    } else {
        SB_TRY(value, read_file(file, secret::kMostValue + 1));
    }
    if (value.ends_with('\n')) value.pop_back();
    return value;
}

Result<int> set(const Context& context, const SetOptions& options) {
    SB_CHECK(os::forbid_core_dumps());
    SB_TRY(const auto api, context.api());
    v1::SetSecretRequest request;
    request.set_environment(options.environment);
    request.set_name(options.name);
    SB_TRY(*request.mutable_value(), read_value(options.file));
    SB_TRY(const auto answer, ask<v1::SetSecretResponse>(*api, "SecretService/Set", request));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    SB_CHECK(context.print(fmt::format("{} in {} is at version {}", safe(options.name),
                                       safe(options.environment), answer.version())));
    SB_CHECK(
        context.remark("releases that are planned from now on refer to it; those under way keep theirs"));
    return kOk;
}

Result<int> list(const Context& context, const ListOptions& options) {
    SB_TRY(const auto api, context.api());
    SB_TRY(auto answer, ask<v1::ListSecretsResponse>(*api, "SecretService/List", v1::ListSecretsRequest()));
    if (!options.environment.empty()) {
        auto& all = *answer.mutable_secrets();
        for (int i = all.size(); i-- > 0;)
            if (all[i].environment() != options.environment) all.DeleteSubrange(i, 1);
    }
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    Table table({{"ENVIRONMENT"}, {"NAME"}, {"VERSION"}, {"SET"}, {"BY"}, {"STATE"}});
    for (const v1::SecretInfo& secret : answer.secrets()) {
        table.add({secret.environment(), secret.name(), std::to_string(secret.version()),
                   relative(secret.created(), context.clock.now()), secret.created_by(),
                   secret.removed() ? Cell("removed", Tone::bad) : Cell("there", Tone::good)});
    }
    SB_CHECK(context.print(table.lines(context.terminal)));
    return kOk;
}

Result<int> remove(const Context& context, const RemoveOptions& options) {
    if ((options.version > 0) == options.all)
        return Error(Code::invalid_argument, "say which: --version N, or --all of them");
    SB_TRY(const auto api, context.api());
    v1::RemoveSecretRequest request;
    request.set_environment(options.environment);
    request.set_name(options.name);
    request.set_version(options.version);
    SB_TRY(const auto answer, ask<v1::RemoveSecretResponse>(*api, "SecretService/Remove", request));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    for (const std::int64_t version : answer.versions())
        SB_CHECK(context.print(fmt::format("removed version {} of {} in {}", version, safe(options.name),
                                           safe(options.environment))));
    return kOk;
}

}  // namespace

void add_secret_commands(const Registry& registry) {
    const Registry under =
        registry.under(registry.group("secret", "Values that steps are given and nobody is shown"));
    under.command<SetOptions>(
        "set", "Store a new version of a secret",
        [](CLI::App& app, SetOptions& o) {
            app.add_option("name", o.name, "What services refer to")->required();
            app.add_option("--environment", o.environment, "Where this value holds")->required();
            app.add_option("--file", o.file, "Its value, of 8 bytes to 16 KiB; - for standard input")
                ->required();
        },
        set);
    under.command<ListOptions>(
        "list", "List names and versions",
        [](CLI::App& app, ListOptions& o) {
            app.add_option("--environment", o.environment, "Only of this one");
        },
        list);
    under.command<RemoveOptions>(
        "remove", "Wipe a value; a release that still needs it waits",
        [](CLI::App& app, RemoveOptions& o) {
            app.add_option("name", o.name, "What services refer to")->required();
            app.add_option("--environment", o.environment, "Where")->required();
            app.add_option("--version", o.version, "This version")->check(CLI::PositiveNumber);
            app.add_flag("--all", o.all, "Every version");
        },
        remove);
}

}  // namespace signalbox::cli
