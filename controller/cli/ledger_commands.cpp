// SPDX-License-Identifier: Apache-2.0
// signalbox ledger show|export|verify; proof and bundle are in proof_commands.cpp, audit in
// audit_commands.cpp
#include <fmt/format.h>

#include <fstream>

#include "common/evidence/verify.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/ledger_entry.hpp"
#include "controller/cli/ledger_export.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/progress.hpp"
#include "controller/cli/table.hpp"
#include "controller/cli/trust_chain.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

struct ShowOptions {
    std::uint32_t limit = 20;
    std::int64_t from = -1;
};
struct ExportOptions {
    std::string path;
};
struct VerifyOptions {
    std::string path;
    std::vector<std::string> trust;
    std::string pinned;
};

Result<int> show(const Context& context, const ShowOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::ListEntriesRequest request;
    request.set_limit(options.limit);
    request.set_newest_first(options.from < 0);
    if (options.from >= 0) request.set_from(static_cast<std::uint64_t>(options.from));
    SB_TRY(const auto answer, ask<v1::ListEntriesResponse>(*api, "LedgerService/ListEntries", request));
    Table table({{"INDEX", false, true}, {"TIME"}, {"WHO", true}, {"WHAT"}, {"ABOUT", true}});
    json::Json out = json::Json::array();
    for (const v1::LedgerEntry& entry : answer.entries()) {
        const EntryView view = view_entry(entry.envelope());
        json::Json item = entry_json(view);
        item["index"] = entry.index();
        out.push_back(std::move(item));
        const bool bad = view.what == "unreadable";
        table.add({std::to_string(entry.index()),
                   view.time,
                   view.who,
                   {view.what, bad ? Tone::bad : Tone::plain},
                   view.about});
    }
    if (context.json) {
        SB_CHECK(context.out.write(json_text({{"entries", out}, {"size", answer.size()}})));
        return kOk;
    }
    SB_CHECK(context.print(table.lines(context.terminal)));
    SB_CHECK(context.remark(
        fmt::format("{} of {}. nothing was verified: signalbox ledger export, then ledger verify",
                    answer.entries().size(), counted(answer.size(), "entry", "entries"))));
    return kOk;
}

Result<int> export_to(const Context& context, const ExportOptions& options) {
    SB_TRY(const auto api, context.api());
    SB_TRY(const auto status, ask<v1::GetStatusResponse>(*api, "StatusService/Get", v1::GetStatusRequest()));
    const bool draw = context.err_terminal.interactive && !context.json;
    bool drawn = false;
    auto exported =
        export_ledger(*api, status.cluster_id(), options.path, [&](std::uint64_t done, std::uint64_t total) {
            if (!draw) return;
            const double share = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
            drawn = true;
            // A progress line that cannot be shown is no reason to stop.
            (void)context.err.write(fmt::format("\r{} {} of {} entries\x1b[K",
                                                bar(share, 24, context.err_terminal), done, total));
        });
    if (drawn) (void)context.err.write("\r\x1b[K");
    if (!exported) return std::move(exported).error();
    if (context.json) {
        SB_CHECK(context.out.write(json_text(
            {{"file", options.path}, {"size", exported->size}, {"checkpoint", exported->checkpoint}})));
        return kOk;
    }
    SB_CHECK(context.print(
        fmt::format("wrote {} to {}", counted(exported->size, "entry", "entries"), safe(options.path))));
    SB_CHECK(context.remark(
        fmt::format("next: signalbox ledger verify {} --trust TRUST-FILE", safe(options.path))));
    return kOk;
}

json::Json report_json(const evidence::Report& report) {
    json::Json out = {{"ok", report.ok},
                      {"size", report.size},
                      {"what", report.what},
                      {"witnessed", report.witnessed},
                      {"kinds", report.kinds},
                      {"first_bad_index", nullptr},
                      {"bad_before_index", nullptr},
                      {"root", nullptr},
                      {"newest", nullptr}};
    if (report.first_bad_index) out["first_bad_index"] = *report.first_bad_index;
    if (report.bad_before_index) out["bad_before_index"] = *report.bad_before_index;
    if (report.checkpoint) out["root"] = report.checkpoint->root.hex();
    out["cosigned_by"] = json::Json::array();
    for (const evidence::CosignedBy& witness : report.cosigned_by)
        out["cosigned_by"].push_back({{"name", witness.name}, {"at", to_rfc3339(witness.at)}});
    if (report.newest) out["newest"] = to_rfc3339(*report.newest);
    out["agents"] = json::Json::array();
    for (const auto& [id, agent] : report.agents) {
        out["agents"].push_back({{"agent_id", id.str()},
                                 {"host", agent.host},
                                 {"environment", agent.environment},
                                 {"record_kid", agent.record_kid.str()},
                                 {"records", agent.records}});
    }
    return out;
}

std::vector<std::string> report_lines(const evidence::Report& report, const trust::TrustFile& trust,
                                      Instant now, const Terminal& terminal) {
    std::vector<std::string> lines;
    if (!report.ok) {
        lines.push_back(paint(terminal, Tone::bad, "NOT VERIFIED") + ": " + safe(report.what));
        if (report.first_bad_index && report.bad_before_index) {
            lines.push_back(fmt::format("the first bad entry is one of {} to {}", *report.first_bad_index,
                                        *report.bad_before_index - 1));
        } else if (report.first_bad_index) {
            lines.push_back(fmt::format("first bad entry: {}", *report.first_bad_index));
        }
        const std::uint64_t held = report.first_bad_index.value_or(0);
        lines.push_back(fmt::format("{} before it held", counted(held, "entry", "entries")));
        return lines;
    }
    lines.push_back(
        paint(terminal, Tone::good, "verified") +
        fmt::format(": {} of cluster {}", counted(report.size, "entry", "entries"), trust.cluster_id.str()));
    if (report.checkpoint) lines.push_back(fmt::format("  tree root   {}", report.checkpoint->root.hex()));
    if (report.newest) {
        const std::string time = to_rfc3339(*report.newest);
        lines.push_back(fmt::format("  newest      entry of {} ({})", time, relative(time, now)));
    }
    lines.push_back(fmt::format("  trust file  version {}, by {} of {} root keys", trust.version,
                                trust.roles.at("root").threshold, trust.roles.at("root").keyids.size()));
    lines.push_back(fmt::format("  witnessed   {} of hosts name an earlier state of this very tree",
                                counted(static_cast<std::uint64_t>(report.witnessed), "record")));
    for (const evidence::CosignedBy& witness : report.cosigned_by) {
        const std::string at = to_rfc3339(witness.at);
        lines.push_back(
            fmt::format("  cosigned    by {} at {} ({})", safe(witness.name), at, relative(at, now)));
    }
    for (const auto& [id, agent] : report.agents) {
        lines.push_back(fmt::format("  agent       {} ({}): {} in an unbroken chain", safe(agent.host),
                                    safe(agent.environment),
                                    counted(static_cast<std::uint64_t>(agent.records), "record")));
    }
    for (const auto& [kind, count] : report.kinds)
        lines.push_back(fmt::format("  {:>9}   {}", count, safe(kind)));
    return lines;
}

Result<int> verify(const Context& context, const VerifyOptions& options) {
    SB_TRY(auto earlier, read_trust_versions(options.trust, options.pinned));
    const trust::TrustFile trust = std::move(earlier.back());
    earlier.pop_back();
    std::ifstream file(options.path, std::ios::binary);
    if (!file) {
        return Error(Code::not_found, fmt::format("{} cannot be read", options.path),
                     "check the path and its permissions");
    }
    const evidence::Report report = evidence::verify_export(evidence::lines_of(file), trust, {}, earlier);
    if (context.json) {
        SB_CHECK(context.out.write(json_text(report_json(report))));
    } else {
        SB_CHECK(context.print(report_lines(report, trust, context.clock.now(), uncut(context.terminal))));
        if (report.ok && options.pinned.empty()) {
            SB_CHECK(
                context.remark("the trust file was believed as it is; --trust-sha256 pins it (signalbox init "
                               "prints the digest)"));
        }
        if (!report.ok)
            SB_CHECK(
                context.remark("next: keep this file as evidence, and compare it with an earlier export"));
    }
    return report.ok ? kOk : kFailed;
}

}  // namespace

void add_ledger_commands(const Registry& registry) {
    const Registry under =
        registry.under(registry.group("ledger", "The signed log of everything that was decided and done"));
    under.command<ShowOptions>(
        "show", "Show entries, the newest first",
        [](CLI::App& app, ShowOptions& o) {
            app.add_option("--limit", o.limit, "At most this many [20]")->check(CLI::Range(1, 1000));
            app.add_option("--from", o.from, "From this index upwards, the oldest first")
                ->check(CLI::NonNegativeNumber);
        },
        show);
    under.command<ExportOptions>(
        "export", "Write the whole ledger to one file",
        [](CLI::App& app, ExportOptions& o) {
            app.add_option("file", o.path, "Where to; never over an existing file")->required();
        },
        export_to);
    under
        .command<VerifyOptions>(
            "verify",
            "Verify an export offline: signatures, every host's chain, the tree; exits 1 when anything is "
            "wrong",
            [](CLI::App& app, VerifyOptions& o) {
                app.add_option("file", o.path, "An export")->required();
                app.add_option("--trust", o.trust,
                               "Trust file; more than once for a chain of versions, the oldest first")
                    ->required()
                    ->take_all();
                app.add_option("--trust-sha256", o.pinned, "The first trust file must have this SHA-256");
            },
            verify)
        .footer("Needs no controller, no credentials and no network.");
    add_proof_commands(under);
    add_watch_commands(under);
    add_audit_commands(under);
}

}  // namespace signalbox::cli
