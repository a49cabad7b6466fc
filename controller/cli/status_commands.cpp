// SPDX-License-Identifier: Apache-2.0
// signalbox status, signalbox version
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controller/cli/command.hpp"
#include "controller/cli/expiry.hpp"
#include "controller/cli/ledger_entry.hpp"
#include "controller/cli/line.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

struct NoOptions {};

// When the ledger's last entry was written, by its own word; empty when there is none, or this person may not
// read it.
std::string newest_entry(ApiPort& api) {
    v1::ListEntriesRequest request;
    request.set_limit(1);
    request.set_newest_first(true);
    const auto answer = ask<v1::ListEntriesResponse>(api, "LedgerService/ListEntries", request);
    if (!answer || answer->entries().empty()) return {};
    return view_entry(answer->entries(0).envelope()).time;
}

Result<int> show_status(const Context& context, const NoOptions&) {
    SB_TRY(const Credentials credentials, context.credentials());
    SB_TRY(const auto api, context.connect(credentials));
    SB_TRY(const auto status, ask<v1::GetStatusResponse>(*api, "StatusService/Get", v1::GetStatusRequest()));
    SB_TRY(const auto me, ask<v1::WhoAmIResponse>(*api, "AccessService/WhoAmI", v1::WhoAmIRequest()));
    const std::string newest = newest_entry(*api);
    if (context.json) {
        SB_TRY(json::Json out, to_json(status));
        out["ledger_newest"] = newest;
        SB_TRY(out["caller"], to_json(me));
        out["url"] = credentials.url;
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    const Terminal terminal = uncut(context.terminal);
    std::vector<std::string> lines;
    const auto fact = [&](std::string_view name, std::string_view value, Tone tone = Tone::plain) {
        lines.push_back(Line(terminal).add(name, Tone::dim).to_column(12).add(value, tone).text());
    };
    const Expiry expiry = judge_expiry(status.trust_expires(), context.clock.now());
    fact("controller",
         fmt::format("{} at {}, version {}", status.cluster_id(), credentials.url, status.version()));
    fact("you", fmt::format("{} ({})", me.name(), fmt::join(me.roles(), ", ")));
    fact("agents", fmt::format("{} of {} online", status.agents_online(), status.agents_total()),
         status.agents_online() < status.agents_total() ? Tone::warning : Tone::plain);
    fact("releases", fmt::format("{} under way", status.releases_active()));
    fact("trust", fmt::format("version {}, {}", status.trust_version(), expiry.words), expiry.tone);
    fact("ledger",
         fmt::format("{} entries{}", status.ledger_size(),
                     newest.empty() ? "" : ", the newest " + relative(newest, context.clock.now())));
    const bool estate = !status.estate_url().empty();
    fact("estate",
         estate ? fmt::format("{} at {}", status.estate_url(), status.estate_ref())
                : "not set. next: signalbox estate set URL",
         estate ? Tone::plain : Tone::warning);
    SB_CHECK(context.print(lines));
    if (expiry.tone != Tone::plain) {
        SB_CHECK(context.remark("warning: the trust file " + expiry.words +
                                ". next: signalbox trust renew, sign, publish"));
    }
    return kOk;
}

Result<int> show_version(const Context& context, const NoOptions&) {
    if (context.json) {
        SB_CHECK(context.out.write(json_text({{"version", SIGNALBOX_VERSION}})));
    } else {
        SB_CHECK(context.print("signalbox " SIGNALBOX_VERSION));
    }
    return kOk;
}

}  // namespace

void add_status_commands(const Registry& registry) {
    const auto nothing = [](CLI::App&, NoOptions&) {};
    registry.command<NoOptions>("status", "Is the controller well, who are you to it, what is going on",
                                nothing, show_status);
    registry.command<NoOptions>("version", "Print the version of this command", nothing, show_version);
}

}  // namespace signalbox::cli
