// SPDX-License-Identifier: Apache-2.0
// signalbox enrol-token create
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "controller/cli/command.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/suggest.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

struct CreateOptions {
    std::string environment;
    std::string host;
    std::string site;
    std::vector<std::string> labels;
    std::string ttl = "10m";
    bool replace = false;
};

constexpr Duration kEstateTimeout = std::chrono::seconds(30);

// A host that is pinned to an environment of another spelling gets no release, ever: a slip is refused here.
// An estate that is not set, or cannot be read now, holds no enrolment up.
Status check_environment(const Context& context, ApiPort& api, const std::string& name) {
    const auto estate =
        ask<v1::CheckEstateResponse>(api, "EstateService/Check", v1::CheckEstateRequest(), kEstateTimeout);
    if (!estate && estate.error().code() == Code::failed_precondition) return {};
    const auto& problems =
        estate ? estate->problems() : v1::CheckEstateResponse::default_instance().problems();
    const bool all_known =
        estate.ok() && std::none_of(problems.begin(), problems.end(), [](const v1::EstateProblem& problem) {
            return !problem.warning() && problem.file().starts_with("environments/");
        });
    if (estate) {
        const std::vector<std::string> names(estate->environment_names().begin(),
                                             estate->environment_names().end());
        if (std::find(names.begin(), names.end(), name) != names.end() || names.empty()) return {};
        const std::string meant = nearest(name, names);
        const std::string remedy =
            meant.empty() ? fmt::format("the estate has: {}", safe(fmt::format("{}", fmt::join(names, ", "))))
                          : fmt::format("did you mean {}? If not, add it to the estate first", safe(meant));
        if (all_known) {
            return Error(Code::not_found, fmt::format("the estate has no environment '{}'", name), remedy);
        }
    }
    return context.remark(fmt::format("warning: whether there is an environment {} was not checked: {}", name,
                                      estate
                                          ? "an environment of the estate has errors (signalbox estate check)"
                                          : safe(estate.error().message())));
}

Result<int> create(const Context& context, const CreateOptions& options) {
    v1::CreateJoinTokenRequest request;
    request.set_environment(options.environment);
    request.set_host(options.host);
    request.set_site(options.site);
    for (const std::string& label : options.labels) {
        const std::size_t equals = label.find('=');
        if (equals == 0 || equals == std::string::npos) {
            return Error(Code::invalid_argument, fmt::format("--label {}: not of the form key=value", label));
        }
        const bool fresh =
            request.mutable_labels()->insert({label.substr(0, equals), label.substr(equals + 1)}).second;
        if (!fresh) {
            return Error(Code::invalid_argument,
                         fmt::format("--label {}: {} is given twice", label, label.substr(0, equals)),
                         "A label has one value: give it once");
        }
    }
    SB_TRY(const Duration ttl, parse_duration(options.ttl).with_context("--ttl"));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(ttl).count();
    if (seconds < 1 || seconds > 7 * 86400) {
        return Error(Code::invalid_argument, fmt::format("--ttl {}: must be from 1s to 7d", options.ttl));
    }
    request.set_ttl_s(static_cast<std::uint32_t>(seconds));
    request.set_replace(options.replace);
    SB_TRY(const auto api, context.api());
    SB_CHECK(check_environment(context, *api, options.environment));
    SB_TRY(const auto answer,
           ask<v1::CreateJoinTokenResponse>(*api, "FleetService/CreateJoinToken", request));
    if (answer.join_line().find_first_of("\r\n") != std::string::npos ||
        answer.join_line() != safe(answer.join_line())) {
        return Error(Code::data_loss, "the controller answered with something that is not one line");
    }
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    SB_CHECK(context.print(answer.join_line()));
    SB_CHECK(context.remark(fmt::format("good once, for host {}, {}", options.host,
                                        "expires " + relative(answer.expires(), context.clock.now()))));
    SB_CHECK(context.remark(
        "next, on that host: signalbox-executor init --join - and signalbox-agent enrol --join -"));
    return kOk;
}

}  // namespace

void add_enrolment_commands(const Registry& registry) {
    const Registry under = registry.under(registry.group("enrol-token", "Bring new hosts in"));
    under.command<CreateOptions>(
        "create", "Make a line that enrols one host, once; it is the only thing printed to stdout",
        [](CLI::App& app, CreateOptions& o) {
            app.add_option("--environment", o.environment, "Environment that the host is pinned to")
                ->required();
            app.add_option("--host", o.host, "Its name")->required();
            app.add_option("--site", o.site, "Where it stands, such as on-premises or cloud");
            app.add_option("--label", o.labels, "key=value; may be given more than once")->take_all();
            app.add_option("--ttl", o.ttl, "How long the line is good [10m]");
            app.add_flag("--replace", o.replace,
                         "The host is enrolled: ban that identity for good when the line is used");
        },
        create);
}

}  // namespace signalbox::cli
