// SPDX-License-Identifier: Apache-2.0
// signalbox ca [show|prepare|retire]
#include <fmt/format.h>

#include "controller/cli/command.hpp"
#include "controller/cli/line.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/table.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

struct ShowOptions {
    bool pem = false;
};
struct NoOptions {};
struct RetireOptions {
    bool force = false;
    std::string reason;
};

std::string facts(const v1::CertificateAuthority& ca) {
    return fmt::format("{}, from {} until {}", ca.sha256(), ca.not_before(), ca.not_after());
}

std::vector<std::string> describe(const v1::ShowAuthorityResponse& answer, const Context& context) {
    const Terminal terminal = uncut(context.terminal);
    std::vector<std::string> lines;
    const auto fact = [&](std::string_view name, std::string_view value, Tone tone = Tone::plain) {
        lines.push_back(Line(terminal).add(name, Tone::dim).to_column(16).add(value, tone).text());
    };
    fact("present", facts(answer.present()));
    if (!answer.has_next()) return lines;
    fact("next", facts(answer.next()));
    const int left = answer.left_size();
    fact("hosts moved", fmt::format("{} of {}", static_cast<int>(answer.hosts()) - left, answer.hosts()),
         left == 0 ? Tone::good : Tone::warning);
    if (left == 0) {
        lines.emplace_back("every host holds a certificate of the next one. then: signalbox ca retire");
        return lines;
    }
    Table table({{"LEFT"}, {"ENVIRONMENT"}, {"PRESENCE"}, {"CERTIFICATE UNTIL"}});
    for (const v1::HostOnAuthority& host : answer.left())
        table.add({host.host(), host.environment(), host.presence(), host.certificate_until()});
    for (std::string& line : table.lines(terminal)) lines.push_back(std::move(line));
    return lines;
}

Result<int> print(const Context& context, const v1::ShowAuthorityResponse& answer) {
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    SB_CHECK(context.print(describe(answer, context)));
    return kOk;
}

Result<int> show(const Context& context, const ShowOptions& options) {
    SB_TRY(const auto api, context.api());
    SB_TRY(const auto answer,
           ask<v1::ShowAuthorityResponse>(*api, "FleetService/ShowAuthority", v1::ShowAuthorityRequest()));
    if (!options.pem) return print(context, answer);
    SB_CHECK(context.out.write(answer.present().pem() + answer.next().pem()));
    return kOk;
}

Result<int> prepare(const Context& context, const NoOptions&) {
    SB_TRY(const auto api, context.api());
    SB_TRY(const auto answer, ask<v1::ShowAuthorityResponse>(*api, "FleetService/PrepareAuthority",
                                                             v1::PrepareAuthorityRequest()));
    SB_TRY(const int code, print(context, answer));
    SB_CHECK(context.remark(
        "both count now, and hosts that are online move within minutes. next: signalbox ca show"));
    return code;
}

Result<int> retire(const Context& context, const RetireOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::RetireAuthorityRequest request;
    request.set_force(options.force);
    request.set_reason(options.reason);
    SB_TRY(const auto answer, ask<v1::ShowAuthorityResponse>(*api, "FleetService/RetireAuthority", request));
    SB_TRY(const int code, print(context, answer));
    SB_CHECK(context.remark(
        "the old authority is retired, and its key is gone. next: give people and programs the "
        "new one (`signalbox ca show --pem`)"));
    return code;
}

}  // namespace

void add_ca_commands(const Registry& registry) {
    const auto with_pem = [](CLI::App& app, ShowOptions& o) {
        app.add_flag("--pem", o.pem,
                     "Print the certificates of every authority that counts, and nothing else");
    };
    CLI::App& ca = registry.command<ShowOptions>(
        "ca", "The cluster's certificate authority: show, prepare, retire", with_pem, show);
    const Registry under = registry.under(ca);
    under.command<ShowOptions>("show", "The authority, and how far a change of it is (the same as ca alone)",
                               with_pem, show);
    under.command<NoOptions>(
        "prepare", "Begin a change: make the next authority, and let hosts move to it",
        [](CLI::App&, NoOptions&) {}, prepare);
    under.command<RetireOptions>(
        "retire", "End a change: only the next authority counts; refused while hosts are left",
        [](CLI::App& app, RetireOptions& o) {
            app.add_flag("--force", o.force, "Although hosts are left: they come back by their record keys");
            app.add_option("--reason", o.reason, "With --force: why; it goes into the ledger");
        },
        retire);
}

}  // namespace signalbox::cli
