// SPDX-License-Identifier: Apache-2.0
// signalbox release plan|start|approve|approvals|withdraw|watch|list|show|halt|resume|abort|undo; explain and
// timeline are in story_commands.cpp
#include <fmt/format.h>

#include "common/crypto/digest.hpp"
#include "common/trust/standing.hpp"
#include "controller/cli/approvals.hpp"
#include "controller/cli/approve.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/exit_code.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/plan_render.hpp"
#include "controller/cli/release_render.hpp"
#include "controller/cli/table.hpp"
#include "controller/cli/watch.hpp"
#include "controller/cli/withdraw.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

constexpr Duration kPlanTimeout = std::chrono::minutes(2);  // it may fetch the estate

struct PlanOptions {
    std::string manifest;
    std::string ref;
    std::vector<std::string> standing;  // files
    std::string artifact_statement;     // …
};
struct StartOptions {
    PlanOptions plan;
    std::string change;
    std::string at;
    std::string window = "24h";
    std::string undo_window;
    std::string expect;
    bool watch = false;
};
struct ListOptions {
    std::uint32_t limit = 20;
};
struct OneOptions {
    std::string release_id;
    std::string reason;
};

// The files of a standing approval, when they are named.
Status set_under(v1::StandingUse& under, const PlanOptions& options) {
    if (options.standing.empty() != options.artifact_statement.empty())
        return Error(Code::invalid_argument, "--standing and --artifact-statement go together",
                     "signalbox artifact sign makes the statement");
    if (options.standing.empty()) return {};
    for (const std::string& path : options.standing) {
        SB_TRY(*under.add_standing(), read_file(path, 2 * trust::kMaxStandingBytes));
    }
    SB_TRY(*under.mutable_artifact_statement(),
           read_file(options.artifact_statement, 4 * trust::kMaxArtifactStatementBytes));
    return {};
}

Result<v1::PlanResponse> fetch_plan(ApiPort& api, const PlanOptions& options) {
    v1::PlanRequest request;
    request.set_manifest(options.manifest);
    request.set_ref(options.ref);
    SB_CHECK(set_under(*request.mutable_under(), options));
    return ask<v1::PlanResponse>(api, "ReleaseService/Plan", request, kPlanTimeout);
}

Result<json::Json> plan_json(const v1::PlanResponse& answer) {
    SB_TRY(json::Json out, to_json(answer));
    out["plan"] = nullptr;
    if (!answer.plan().empty()) {
        SB_TRY(out["plan"], json::parse(answer.plan(), {.max_bytes = 64 << 20}));
    }
    return out;
}

// The plan that the controller sent, when it is one, and its digest is what the controller says.
Result<PlanView> checked_plan(const v1::PlanResponse& answer) {
    SB_TRY(PlanView plan, read_plan(answer.plan()).with_context("the controller's plan"));
    if (plan.sha256.hex() != answer.plan_sha256()) {
        return Error(Code::data_loss, fmt::format("the plan's digest is {}, but the controller says {}",
                                                  plan.sha256.hex(), answer.plan_sha256()));
    }
    return plan;
}

Result<int> show_plan(const Context& context, const PlanOptions& options) {
    SB_TRY(const auto api, context.api());
    SB_TRY(const v1::PlanResponse answer, fetch_plan(*api, options));
    const Terminal terminal = uncut(context.terminal);
    if (context.json) {
        SB_TRY(const json::Json out, plan_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return answer.plan().empty() ? kFailed : kOk;
    }
    SB_CHECK(context.print(render_problems(answer.problems(), terminal)));
    if (answer.plan().empty()) {
        return Error(Code::failed_precondition,
                     fmt::format("{} cannot be planned: see above", options.manifest),
                     "correct the estate, commit, and plan again");
    }
    SB_TRY(const PlanView plan, checked_plan(answer));
    SB_CHECK(context.print(render_plan(plan, terminal)));
    if (!answer.gates().empty()) {
        SB_CHECK(context.print("\nGates, if it started now"));
        SB_CHECK(context.print(render_gates(answer.gates(), terminal)));
    }
    std::string next = "signalbox release start " + options.manifest;
    for (const std::string& path : options.standing) next += " --standing " + path;
    if (!options.standing.empty()) next += " --artifact-statement " + options.artifact_statement;
    SB_CHECK(context.remark(safe("nothing was changed. next: " + next)));
    return kOk;
}

Result<std::uint32_t> seconds_of(const std::string& option, const std::string& text) {
    SB_TRY(const Duration duration, parse_duration(text).with_context(option));
    const auto whole = std::chrono::floor<std::chrono::seconds>(duration).count();
    if (whole < 60 || whole > 72 * 3600) {
        return Error(Code::invalid_argument, fmt::format("{} {}: must be from 1m to 72h", option, text));
    }
    return static_cast<std::uint32_t>(whole);
}

// The controller judges the times; what cannot be read is told without asking it.
Status set_window(v1::StartReleaseRequest& request, const StartOptions& options) {
    if (!options.at.empty()) {
        if (!parse_rfc3339(options.at)) {
            return Error(Code::invalid_argument, fmt::format("--at {}: is no time", options.at),
                         "write it as 2026-11-28T22:00:00+01:00, with its offset from UTC");
        }
        request.set_not_before(options.at);
    }
    SB_TRY(const std::uint32_t window_s, seconds_of("--window", options.window));
    request.set_window_s(window_s);
    if (!options.undo_window.empty()) {
        SB_TRY(const std::uint32_t undo_s, seconds_of("--undo-window", options.undo_window));
        request.set_undo_window_s(undo_s);
    }
    return {};
}

Result<int> start(const Context& context, const StartOptions& options) {
    v1::StartReleaseRequest request;
    SB_CHECK(set_window(request, options));
    SB_CHECK(set_under(*request.mutable_under(), options.plan));
    SB_TRY(const auto api, context.api());
    request.set_manifest(options.plan.manifest);
    request.set_ref(options.plan.ref);
    request.set_change(options.change);
    request.set_expect_plan_sha256(options.expect);
    SB_TRY(const auto answer,
           ask<v1::StartReleaseResponse>(*api, "ReleaseService/Start", request, kPlanTimeout));
    if (!context.json) {
        SB_CHECK(context.print(safe(answer.release_id())));
        SB_CHECK(context.remark(fmt::format("started; plan sha256 {}", safe(answer.plan_sha256()))));
        const std::string watch = "signalbox release watch " + safe(answer.release_id());
        SB_CHECK(
            context.remark(options.plan.standing.empty()
                               ? fmt::format("next: signalbox release approve {} --key KEY; {}",
                                             safe(answer.release_id()), watch)
                               : fmt::format("covered by {}; next: {}",
                                             counted(static_cast<std::uint64_t>(options.plan.standing.size()),
                                                     "standing approval"),
                                             watch)));
    } else if (!options.watch) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
    }
    if (!options.watch) return kOk;
    return watch_release(context, {answer.release_id(), false, ""});
}

// In a list: what a person must know of it, in a few words.
std::string reason_of(const v1::ReleaseInfo& release, Instant now) {
    std::string out = release.expired() ? "expired" : "";
    const auto add = [&](const std::string& words) {
        if (!words.empty()) out += (out.empty() ? "" : "; ") + words;
    };
    const auto opens = parse_rfc3339(release.not_before());
    if (release.status() == "waiting" && opens && *opens > now)
        add("its window opens " + relative(release.not_before(), now));
    if (release.priority() == "emergency") add("emergency");
    add(release.reason());
    return out;
}

Result<int> list(const Context& context, const ListOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::ListReleasesRequest request;
    request.set_limit(options.limit);
    SB_TRY(const auto answer, ask<v1::ListReleasesResponse>(*api, "ReleaseService/List", request));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    if (answer.releases().empty()) {
        SB_CHECK(context.remark("no releases yet. next: signalbox release plan MANIFEST"));
        return kOk;
    }
    Table table({{"RELEASE"}, {"STATUS"}, {"IN"}, {"STARTED"}, {"BY"}, {"CHANGE"}, {"REASON", true}});
    for (const v1::ReleaseInfo& r : answer.releases()) {
        table.add({r.release_id(),
                   {r.status(), tone_of_release(r.status())},
                   r.environment(),
                   relative(r.created(), context.clock.now()),
                   r.requester(),
                   r.change(),
                   reason_of(r, context.clock.now())});
    }
    SB_CHECK(context.print(table.lines(context.terminal)));
    return kOk;
}

Result<int> show(const Context& context, const OneOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::GetReleaseRequest request;
    request.set_release_id(options.release_id);
    SB_TRY(const auto answer, ask<v1::GetReleaseResponse>(*api, "ReleaseService/Get", request));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer.release()));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    const Terminal terminal = uncut(context.terminal);
    SB_CHECK(context.print(render_release(answer.release(), context.clock.now(), terminal)));
    SB_CHECK(context.print(render_verdict(answer.release(), terminal)));
    return kOk;
}

auto send_command(std::string method, std::string done) {
    return [method, done](const Context& context, const OneOptions& options) -> Result<int> {
        SB_TRY(const auto api, context.api());
        v1::ReleaseCommandRequest request;
        request.set_release_id(options.release_id);
        request.set_reason(options.reason);
        SB_TRY(const auto answer, ask<v1::ReleaseCommandResponse>(*api, "ReleaseService/" + method, request));
        if (context.json) {
            SB_TRY(const json::Json out, to_json(answer.release()));
            SB_CHECK(context.out.write(json_text(out)));
            return kOk;
        }
        const std::string& status = answer.release().status();
        // What is in flight ends first.
        const bool later = method == "Abort" && !release_has_ended(status);
        SB_CHECK(context.print(safe(fmt::format(
            "{}: {}; it is {} now", options.release_id,
            later ? "to be aborted as soon as what is in flight has ended, and nothing new starts" : done,
            status))));
        SB_CHECK(context.remark(fmt::format("next: signalbox release watch {}", safe(options.release_id))));
        return kOk;
    };
}

void declare_plan(CLI::App& app, PlanOptions& o) {
    app.add_option("manifest", o.manifest,
                   "Path of the release manifest in the estate, such as releases/shop-1.2.0.yaml")
        ->required();
    app.add_option("--ref", o.ref, "Branch, tag or commit of the estate [the configured one]");
    app.add_option("--standing", o.standing,
                   "File of a standing approval that covers it in its environment; again for another one")
        ->allow_extra_args(false);
    app.add_option("--artifact-statement", o.artifact_statement,
                   "File in which the service's builder signed its artifact");
}

}  // namespace

void add_release_commands(const Registry& registry) {
    const Registry under =
        registry.under(registry.group("release", "Plan, start, approve, watch, stop and undo releases"));
    under.command<PlanOptions>("plan",
                               "Show what a release would do, and what would hold it up; changes nothing",
                               declare_plan, show_plan);
    under.command<StartOptions>(
        "start", "Start a release: it waits for its gates, then runs; prints its id",
        [](CLI::App& app, StartOptions& o) {
            declare_plan(app, o.plan);
            app.add_option("--change", o.change, "Change request that it belongs to");
            app.add_option("--at", o.at,
                           "Start no step before this time, such as 2026-11-28T22:00:00+01:00 [now]");
            app.add_option("--window", o.window, "How long from then on steps may start [24h, at most 72h]");
            app.add_option("--undo-window", o.undo_window,
                           "How long after the window undo steps may still start [1h, when it may be undone "
                           "by itself]");
            app.add_option("--expect-plan", o.expect,
                           "Refuse unless the plan still has this SHA-256 (signalbox release plan)");
            app.add_flag("--watch", o.watch, "Watch it to its end, and exit as it ends");
        },
        start);
    under.command<ApproveOptions>(
        "approve", "Sign a release: shows what, asks, signs with your key, sends the signature",
        [](CLI::App& app, ApproveOptions& o) {
            app.add_option("release", o.release_id, "Release id")->required();
            o.key.declare(app, false);
            app.add_option("--environment", o.environment,
                           "Only this one [every one that your key may approve]");
            app.add_flag("--show", o.show,
                         "Print what would be signed and what changed since the last approved release; "
                         "sign nothing, so no key is needed");
            app.add_flag("--yes", o.yes, "Do not ask");
        },
        approve_release);
    under.command<ApprovalsOptions>(
        "approvals", "The documents that people sign, and who has signed; with --json as they are",
        [](CLI::App& app, ApprovalsOptions& o) {
            app.add_option("release", o.release_id, "Release id")->required();
        },
        show_approvals);
    under.command<WithdrawOptions>(
        "withdraw", "Take your approval back: the release does not start there, or halts in the middle",
        [](CLI::App& app, WithdrawOptions& o) {
            app.add_option("release", o.release_id, "Release id")->required();
            o.key.declare(app);
            app.add_option("--environment", o.environment,
                           "Only this one [every one that your key approved]");
            app.add_option("--reason", o.reason, "Why: it is signed, and goes into the ledger");
            app.add_flag("--yes", o.yes, "Do not ask");
        },
        withdraw_release);
    under
        .command<WatchOptions>(
            "watch", "Follow a release to its end, and exit as it ends",
            [](CLI::App& app, WatchOptions& o) {
                app.add_option("release", o.release_id, "Release id")->required();
                app.add_flag("--plain", o.plain, "Append lines instead of redrawing");
                app.add_option("--timeout", o.timeout,
                               "Stop watching after this long, such as 30m, with exit code 7");
            },
            watch_release)
        .footer(std::string(kExitCodesHelp));
    under.command<ListOptions>(
        "list", "List releases, the newest first",
        [](CLI::App& app, ListOptions& o) {
            app.add_option("--limit", o.limit, "At most this many [20]")->check(CLI::Range(1, 1000));
        },
        list);
    under.command<OneOptions>(
        "show", "Everything about one release",
        [](CLI::App& app, OneOptions& o) {
            app.add_option("release", o.release_id, "Release id")->required();
        },
        show);
    const auto with_reason = [](CLI::App& app, OneOptions& o) {
        app.add_option("release", o.release_id, "Release id")->required();
        app.add_option("--reason", o.reason, "Why: it goes into the ledger");
    };
    add_story_commands(under);
    under.command<OneOptions>("halt", "Start nothing new; what runs ends by itself", with_reason,
                              send_command("Halt", "halted"));
    under.command<OneOptions>("resume", "Go on after a halt", with_reason, send_command("Resume", "resumed"));
    under.command<OneOptions>("abort", "Give it up and leave the hosts as they are", with_reason,
                              send_command("Abort", "aborted"));
    under.command<OneOptions>("undo",
                              "Take back what it did, in reverse order; approved together with the release",
                              with_reason, send_command("Undo", "to be undone"));
}

}  // namespace signalbox::cli
