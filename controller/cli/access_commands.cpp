// SPDX-License-Identifier: Apache-2.0
// signalbox access key create|list|revoke
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controller/cli/command.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/table.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

struct CreateOptions {
    std::string name;
    std::vector<std::string> roles;
    KeyOptions approver;
    std::string approver_kid;
    std::string write_credentials;
};
struct ListOptions {};
struct RevokeOptions {
    std::string id;
};

Result<int> create(const Context& context, const CreateOptions& options) {
    SB_TRY(Credentials credentials, context.credentials());
    // Before the key is made, because afterwards it would be lost.
    if (!options.write_credentials.empty() && path_exists(options.write_credentials)) {
        return Error(
            Code::already_exists,
            fmt::format("{} exists, and credentials are never written over", options.write_credentials),
            "choose another path");
    }
    v1::CreateApiKeyRequest request;
    request.set_name(options.name);
    for (const std::string& role : options.roles) request.add_roles(role);
    request.set_approver_kid(options.approver_kid);
    if (!options.approver.key.empty()) {
        SB_TRY(const Keyring keyring, options.approver.keyring(context));
        SB_TRY(const KeyEntry entry, keyring.find(options.approver.key));
        request.set_approver_kid(entry.key.id().str());
    }
    SB_TRY(const auto api, context.connect(credentials));
    SB_TRY(const auto answer, ask<v1::CreateApiKeyResponse>(*api, "AccessService/CreateApiKey", request));
    if (!options.write_credentials.empty()) {
        credentials.api_key = answer.api_key();
        if (Status written = create_file(options.write_credentials, serialize(credentials), 0600); !written) {
            return std::move(written).error().with_remedy(
                "the key was made but is lost: revoke it (signalbox access key list), then try again");
        }
        SB_CHECK(context.remark(fmt::format("wrote {}: give it to {} over a safe channel",
                                            options.write_credentials, options.name)));
        if (context.json)
            SB_CHECK(context.out.write(json_text({{"credentials_file", options.write_credentials}})));
        return kOk;
    }
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    SB_CHECK(context.print(safe(answer.api_key())));
    SB_CHECK(context.remark(fmt::format("this key of {} is shown only now", options.name)));
    return kOk;
}

Result<int> list(const Context& context, const ListOptions&) {
    SB_TRY(const auto api, context.api());
    SB_TRY(const auto answer,
           ask<v1::ListApiKeysResponse>(*api, "AccessService/ListApiKeys", v1::ListApiKeysRequest()));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    Table table({{"ID"}, {"NAME"}, {"ROLES"}, {"CREATED"}, {"STATE"}, {"APPROVER KEY", true}});
    for (const v1::ApiKeyInfo& key : answer.keys()) {
        table.add({key.id(), key.name(), fmt::format("{}", fmt::join(key.roles(), ",")),
                   relative(key.created(), context.clock.now()),
                   key.revoked() ? Cell("revoked", Tone::bad) : Cell("valid", Tone::good),
                   key.approver_kid()});
    }
    SB_CHECK(context.print(table.lines(context.terminal)));
    return kOk;
}

Result<int> revoke(const Context& context, const RevokeOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::RevokeApiKeyRequest request;
    request.set_id(options.id);
    SB_TRY(const auto answer, ask<v1::RevokeApiKeyResponse>(*api, "AccessService/RevokeApiKey", request));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    SB_CHECK(context.print(fmt::format("revoked {}", safe(options.id))));
    return kOk;
}

}  // namespace

void add_access_commands(const Registry& registry) {
    const Registry access = registry.under(registry.group("access", "Who may do what"));
    const Registry under = access.under(access.group("key", "API keys"));
    under.command<CreateOptions>(
        "create", "Make an API key for a person or a pipeline; it is shown once",
        [](CLI::App& app, CreateOptions& o) {
            app.add_option("name", o.name, "Whose it is")->required();
            app.add_option("--role", o.roles, "May be given more than once")
                ->required()
                ->take_all()
                ->check(CLI::IsMember({"administrator", "operator", "coordinator", "approver", "auditor"}));
            auto* key = app.add_option(
                "--approver-key", o.approver.key,
                "This person's approver key (as for --key), so that nobody approves what they asked for");
            app.add_option("--approver-kid", o.approver_kid, "The same by its k4.pid")->excludes(key);
            o.approver.declare_folder(app);
            app.add_option("--write-credentials", o.write_credentials,
                           "Write a whole credentials file (mode 0600) instead of printing the key");
        },
        create);
    under.command<ListOptions>(
        "list", "List the API keys", [](CLI::App&, ListOptions&) {}, list);
    under.command<RevokeOptions>(
        "revoke", "Stop an API key from being accepted",
        [](CLI::App& app, RevokeOptions& o) {
            app.add_option("id", o.id, "Its id (signalbox access key list)")->required();
        },
        revoke);
}

}  // namespace signalbox::cli
