// SPDX-License-Identifier: Apache-2.0
// signalbox approval standing create|sign|show|revoke. A standing approval is one file without secrets,
// handed from one approver to the next; the controller sees it when a release starts under it.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "common/dsse/dsse.hpp"
#include "common/trust/approval.hpp"
#include "common/trust/standing.hpp"
#include "controller/calendar/closed_times.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/plan_view.hpp"
#include "controller/cli/standing_template.hpp"
#include "controller/cli/standing_words.hpp"
#include "controller/cli/withdraw.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

struct CreateOptions {
    std::vector<std::string> releases;
    std::string environment, name, out, hours, change, own_key;
    std::string life = "30d";
    std::int64_t uses = 10;
    std::int64_t patch_from = -1;
    KeyOptions keys;
};
struct FileOptions {
    std::string path;
    std::string reason;
    KeyOptions key;
    bool yes = false;
};

struct File {
    dsse::Envelope envelope;
    trust::StandingApproval standing;
    crypto::Digest digest;
};

Result<File> open_file(const std::string& path) {
    SB_TRY(const std::string text, read_file(path, 2 * trust::kMaxStandingBytes));
    File out;
    SB_TRY(out.envelope, dsse::parse(text, 2 * trust::kMaxStandingBytes).with_context(path));
    SB_TRY(out.standing, trust::parse_standing(out.envelope.payload).with_context(path));
    // Only what can be shown whole is signed.
    if (out.envelope.payload_type != trust::kInTotoPayloadType ||
        trust::serialize(out.standing) != out.envelope.payload)
        return Error(Code::refused, path + " has more in it than this program can show", "do not sign it");
    out.digest = trust::approval_digest(out.envelope.payload);
    return out;
}

Result<trust::PatchRange> range_of(const std::string& version, std::int64_t patch_from) {
    std::istringstream in(version);
    trust::PatchRange range;
    char dot = 0, other = 0;
    const bool plain = (in >> range.major >> dot >> range.minor >> other >> range.patch_from) && dot == '.' &&
                       other == '.' && in.eof() && trust::patch_in(range, version).has_value();
    if (!plain)
        return Error(Code::failed_precondition,
                     fmt::format("'{:.60}' is no plain version such as 1.4.2", version),
                     "make it from a release that is no pre-release");
    if (patch_from >= 0) range.patch_from = patch_from;
    return range;
}

// What the plan's calendar closes while the standing approval is good, and what --hours closes besides.
Result<std::vector<trust::ClosedTime>> closed_of(const PlanStageView& stage, const std::string& hours,
                                                 const trust::StandingApproval& standing) {
    calendar::Calendar calendar{stage.calendar, stage.open_hours, {}};
    for (const PlanBlackoutView& each : stage.blackouts) {
        SB_TRY(const Instant from, parse_rfc3339(each.from));
        SB_TRY(const Instant to, parse_rfc3339(each.to));
        calendar.blackouts.push_back({each.name, from, to});
    }
    SB_TRY(auto closed, calendar::closed_times(calendar, standing.not_before, standing.not_after));
    if (hours.empty()) return closed;
    SB_TRY(const auto more,
           calendar::closed_times({standing.name, hours, {}}, standing.not_before, standing.not_after)
               .with_context("--hours"));
    return merge_closed(std::move(closed), more);
}

// From the first release comes everything but steps, which all of them add to.
Status fill_in(trust::StandingApproval& standing, const PlanView& plan, const CreateOptions& options) {
    SB_CHECK(add_steps(plan, options.environment, standing.steps));
    standing.release_counter = std::max(standing.release_counter, plan.release_counter);
    if (!standing.service.empty()) {
        if (standing.service == plan.name) return {};
        return Error(Code::invalid_argument, "the releases are of different services");
    }
    standing.cluster_id = ClusterId(plan.cluster_id);
    standing.service = plan.name;
    standing.overrun = plan.overrun;
    SB_TRY(standing.versions, range_of(plan.version, options.patch_from));
    SB_TRY(standing.closed, closed_of(*plan.stage(options.environment), options.hours, standing));
    return {};
}

Result<int> create(const Context& context, const CreateOptions& options) {
    trust::StandingApproval standing;
    SB_TRY(const Duration life, parse_duration(options.life).with_context("--for"));
    if (life > trust::kMaxStandingLife)
        return Error(Code::invalid_argument, "--for " + options.life + ": is longer than 90 days",
                     "make another one when it ends");
    standing.not_before = std::chrono::floor<std::chrono::seconds>(context.clock.now());
    standing.not_after = standing.not_before + std::chrono::floor<std::chrono::seconds>(life);
    standing.environment = options.environment;
    standing.name = options.name;
    standing.uses = options.uses;
    standing.change = options.change;
    SB_TRY(const auto api, context.api());
    SB_TRY(const auto me, ask<v1::WhoAmIResponse>(*api, "AccessService/WhoAmI", v1::WhoAmIRequest()));
    standing.requester_name = me.name();
    if (!options.own_key.empty()) {
        SB_TRY(const Keyring keyring, options.keys.keyring(context));
        SB_TRY(const KeyEntry entry, keyring.find(options.own_key));
        standing.requester = entry.key.id();
    }
    for (const std::string& id : options.releases) {
        v1::GetApprovalsRequest request;
        request.set_release_id(id);
        SB_TRY(const auto answer,
               ask<v1::GetApprovalsResponse>(*api, "ReleaseService/GetApprovals", request));
        SB_TRY(const PlanView plan, read_plan(answer.plan()).with_context("the plan of " + id));
        SB_CHECK(fill_in(standing, plan, options).with_context(id));
    }
    const std::string payload = trust::serialize(standing);
    SB_CHECK(trust::parse_standing(payload));
    SB_CHECK(create_file(
        options.out, dsse::serialize({std::string(trust::kInTotoPayloadType), payload, {}}) + "\n", 0644));
    SB_CHECK(context.remark(join_lines(standing_words(standing, trust::approval_digest(payload),
                                                      uncut(context.err_terminal), context.clock.now()))));
    if (context.json)
        SB_CHECK(context.out.write(
            json_text({{"file", options.out}, {"sha256", trust::approval_digest(payload).hex()}})));
    else
        SB_CHECK(context.print(safe(options.out)));
    SB_CHECK(context.remark(safe(
        fmt::format("next: each approver runs signalbox approval standing sign {} --key KEY", options.out))));
    return kOk;
}

Result<bool> agreed(const Context& context, const FileOptions& options, const std::string& question) {
    if (options.yes) return true;
    if (!context.prompt.interactive())
        return Error(Code::invalid_argument, "there is no terminal to confirm at", "give --yes");
    return context.prompt.confirm(safe(question));
}

Result<int> sign(const Context& context, const FileOptions& options) {
    SB_TRY(File file, open_file(options.path));
    SB_TRY(const Keyring keyring, options.key.keyring(context));
    SB_TRY(const KeyEntry entry, keyring.find(options.key.key));
    if (entry.key.id() == file.standing.requester)
        return Error(Code::refused, "the requester's own key does not count", "ask another approver");
    SB_CHECK(context.remark(join_lines(
        standing_words(file.standing, file.digest, uncut(context.err_terminal), context.clock.now()))));
    if (file.standing.not_after <= context.clock.now())
        return Error(Code::failed_precondition, "it has expired: a signature would have no effect",
                     "make another one");
    SB_TRY(const bool yes, agreed(context, options, "Sign this? [y/N] "));
    if (!yes) {
        SB_CHECK(context.remark("not signed"));
        return kFailed;
    }
    SB_TRY(const auto signer, keyring.open(options.key.key, context.prompt, options.key.passphrase_file));
    std::erase_if(file.envelope.signatures,
                  [&](const auto& signature) { return signature.keyid == signer->public_key().id(); });
    SB_CHECK(dsse::add_signature(file.envelope, *signer));
    SB_CHECK(replace_file(options.path, dsse::serialize(file.envelope) + "\n", 0644));
    if (context.json)
        SB_CHECK(context.out.write(json_text({{"file", options.path},
                                              {"sha256", file.digest.hex()},
                                              {"signatures", file.envelope.signatures.size()}})));
    else
        SB_CHECK(context.print(safe(fmt::format("signed {}; it has {} signatures now", file.standing.name,
                                                file.envelope.signatures.size()))));
    return kOk;
}

// Who has signed counts under the trust file in force.
Result<int> show(const Context& context, const FileOptions& options) {
    SB_TRY(const File file, open_file(options.path));
    SB_TRY(const auto api, context.api());
    SB_TRY(const auto answer, ask<v1::GetTrustResponse>(*api, "TrustService/Get", v1::GetTrustRequest()));
    SB_TRY(const dsse::Envelope signed_trust, dsse::parse(answer.trust()));
    SB_TRY(const trust::TrustFile trust, trust::parse_payload(signed_trust.payload));
    const auto progress =
        trust::approval_progress(trust, file.standing.environment, file.standing.requester, file.envelope);
    const Status complete = trust::check_roles_filled(file.standing.environment, progress);
    std::string words;
    json::Json roles = json::Json::object();
    for (const auto& [role, each] : progress) {
        words += fmt::format("{}{} {} of {}", words.empty() ? "" : ", ", role, each.have, each.need);
        roles[role] = {{"have", each.have}, {"need", each.need}};
    }
    if (context.json) {
        SB_CHECK(context.out.write(json_text({{"name", file.standing.name},
                                              {"sha256", file.digest.hex()},
                                              {"payload", file.envelope.payload},
                                              {"roles", std::move(roles)},
                                              {"complete", complete.ok()}})));
        return kOk;
    }
    SB_CHECK(context.print(
        standing_words(file.standing, file.digest, uncut(context.terminal), context.clock.now())));
    SB_CHECK(context.print(safe(
        fmt::format("signatures {} ({})", words, complete ? "enough people signed" : "not enough yet"))));
    return kOk;
}

Result<int> revoke(const Context& context, const FileOptions& options) {
    SB_TRY(const File file, open_file(options.path));
    SB_TRY(const Keyring keyring, options.key.keyring(context));
    SB_TRY(const auto api, context.api());
    SB_TRY(const bool yes,
           agreed(context, options, fmt::format("Revoke {} for good? [y/N] ", file.standing.name)));
    if (!yes) {
        SB_CHECK(context.remark("not revoked"));
        return kFailed;
    }
    SB_TRY(const auto signer, keyring.open(options.key.key, context.prompt, options.key.passphrase_file));
    SB_TRY(const std::string text, sign_withdrawal({file.standing.cluster_id, file.standing.environment,
                                                    file.envelope.payload, file.standing.name},
                                                   options.reason, *signer, context.clock.now()));
    v1::RevokeStandingRequest request;
    request.set_standing(dsse::serialize(file.envelope));
    request.set_withdrawal(text);
    SB_CHECK(ask<v1::RevokeStandingResponse>(*api, "ReleaseService/RevokeStanding", request));
    if (context.json)
        SB_CHECK(context.out.write(json_text({{"revoked", file.standing.name}})));
    else
        SB_CHECK(context.print(
            safe(fmt::format("revoked {}: no step starts under it any more", file.standing.name))));
    return kOk;
}

void declare_file(CLI::App& app, FileOptions& o) {
    app.add_option("file", o.path, "File of the standing approval")->required();
}

}  // namespace

void add_approval_commands(const Registry& registry) {
    const Registry under = registry.under(
        registry.under(registry.group("approval", "Approvals that outlast a release"))
            .group("standing", "Standing approvals: patch releases that run without another signature"));
    under.command<CreateOptions>(
        "create", "Make one from releases that people know: the same steps, open for version and artifact",
        [](CLI::App& app, CreateOptions& o) {
            app.add_option("release", o.releases, "Release ids; several when colours take turns")->required();
            app.add_option("--environment", o.environment, "Environment")->required();
            app.add_option("--name", o.name, "What people call it, such as web-patches")->required();
            app.add_option("--out", o.out, "File to write")->required();
            app.add_option("--uses", o.uses, "Releases on each host [10]")
                ->check(CLI::Range(std::int64_t{1}, trust::kMaxStandingUses));
            app.add_option("--for", o.life, "How long it is good [30d, at most 90d]");
            app.add_option("--patch-from", o.patch_from, "First patch number [that of the release]");
            app.add_option("--hours", o.hours,
                           "Only in these hours, such as \"Mon-Thu 08:00-16:00 Europe/Berlin\" [the "
                           "environment's calendar]");
            app.add_option("--change", o.change, "Standard change that it belongs to");
            app.add_option("--own-key", o.own_key, "Your own approver's key: it will not count");
            o.keys.declare_folder(app);
        },
        create);
    under.command<FileOptions>(
        "sign", "Show it, ask, and add your signature to the file; needs no controller",
        [](CLI::App& app, FileOptions& o) {
            declare_file(app, o);
            o.key.declare(app);
            app.add_flag("--yes", o.yes, "Do not ask");
        },
        sign);
    under.command<FileOptions>("show", "What it lets run, and who has signed", declare_file, show);
    under.command<FileOptions>(
        "revoke", "Take it back for good: hosts are told, and start nothing under it any more",
        [](CLI::App& app, FileOptions& o) {
            declare_file(app, o);
            o.key.declare(app);
            app.add_option("--reason", o.reason, "Why: it is signed, and goes into the ledger");
            app.add_flag("--yes", o.yes, "Do not ask");
        },
        revoke);
}

}  // namespace signalbox::cli
