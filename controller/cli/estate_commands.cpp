// SPDX-License-Identifier: Apache-2.0
// signalbox estate set|check
#include <fmt/format.h>

#include <algorithm>

#include "common/base/utf8.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/plan_render.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

constexpr Duration kGitTimeout = std::chrono::minutes(2);
constexpr std::size_t kMaxTrustBytes = 256 << 10;

struct SetOptions {
    std::string url;
    std::string ref = "main";
    std::string ca_file;
    std::string known_hosts;
};
struct CheckOptions {
    std::string ref;
};

// An empty file would stand for the machine's own trust.
Result<std::string> trust_text(const std::string& path, std::string_view what) {
    SB_TRY(auto text, read_file(path, kMaxTrustBytes));
    if (text.empty() || as_utf8(text) != text) {
        return Error{Code::invalid_argument, fmt::format("'{}' is no {}", safe(path), what),
                     "Give another file"};
    }
    return text;
}

Result<int> set_source(const Context& context, const SetOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::SetEstateSourceRequest request;
    request.set_url(options.url);
    request.set_ref(options.ref);
    if (!options.ca_file.empty()) {
        SB_TRY(*request.mutable_ca_pem(), trust_text(options.ca_file, "CA file"));
    }
    if (!options.known_hosts.empty()) {
        SB_TRY(*request.mutable_known_hosts(), trust_text(options.known_hosts, "file of known hosts"));
    }
    SB_TRY(const auto answer,
           ask<v1::SetEstateSourceResponse>(*api, "EstateService/SetSource", request, kGitTimeout));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    SB_CHECK(context.print(fmt::format("the estate is {} at {}, commit {}", safe(options.url),
                                       safe(options.ref), safe(answer.commit()))));
    SB_CHECK(context.remark("next: signalbox estate check"));
    return kOk;
}

Result<int> check(const Context& context, const CheckOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::CheckEstateRequest request;
    request.set_ref(options.ref);
    SB_TRY(const auto answer,
           ask<v1::CheckEstateResponse>(*api, "EstateService/Check", request, kGitTimeout));
    const auto errors = std::count_if(answer.problems().begin(), answer.problems().end(),
                                      [](const v1::EstateProblem& p) { return !p.warning(); });
    const int code = errors == 0 ? kOk : kFailed;
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return code;
    }
    SB_CHECK(context.print(render_problems(answer.problems(), uncut(context.terminal))));
    const auto warnings = answer.problems().size() - errors;
    SB_CHECK(context.print(fmt::format(
        "commit {}: {}, {}, {}; {}, {}", safe(shortened(answer.commit())),
        counted(answer.environments(), "environment"), counted(answer.services(), "service"),
        counted(answer.releases(), "release"), counted(static_cast<std::uint64_t>(errors), "error"),
        counted(static_cast<std::uint64_t>(warnings), "warning"))));
    return code;
}

}  // namespace

void add_estate_commands(const Registry& registry) {
    const Registry under =
        registry.under(registry.group("estate", "The Git repository of environments, services and releases"));
    under.command<SetOptions>(
        "set", "Say where the estate is",
        [](CLI::App& app, SetOptions& o) {
            app.add_option("url", o.url, "Git URL or path, as the controller reaches it")->required();
            app.add_option("--ref", o.ref, "Branch or tag [main]");
            app.add_option("--ca-file", o.ca_file, "https: know the server by this CA (PEM) and no other");
            app.add_option("--known-hosts", o.known_hosts, "ssh: know the server by these keys and no other");
        },
        set_source);
    under.command<CheckOptions>(
        "check", "Check every file of the estate; exits 1 when one is wrong",
        [](CLI::App& app, CheckOptions& o) {
            app.add_option("--ref", o.ref, "Another branch, tag or commit, such as a proposed change");
        },
        check);
}

}  // namespace signalbox::cli
