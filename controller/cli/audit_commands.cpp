// SPDX-License-Identifier: Apache-2.0
// signalbox ledger audit throttle
#include <fmt/format.h>

#include <fstream>

#include "common/evidence/throttle_audit.hpp"
#include "common/evidence/verify.hpp"
#include "controller/cli/audit_render.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/trust_chain.hpp"

namespace signalbox::cli {
namespace {

struct AuditOptions {
    std::string path;
    std::vector<std::string> trust;
    std::string pinned;
};

Result<int> audit_throttle(const Context& context, const AuditOptions& options) {
    SB_TRY(auto earlier, read_trust_versions(options.trust, options.pinned));
    const trust::TrustFile trust = std::move(earlier.back());
    earlier.pop_back();
    std::ifstream file(options.path, std::ios::binary);
    if (!file) {
        return Error(Code::not_found, fmt::format("{} cannot be read", options.path),
                     "check the path and its permissions");
    }
    evidence::ThrottleAudit audit;
    Status read;
    const evidence::Report report = evidence::verify_export(
        evidence::lines_of(file), trust,
        [&](const evidence::Entry& entry) {
            if (!read) return;
            read = audit.add(entry.index, entry.envelope).with_context(fmt::format("entry {}", entry.index));
        },
        earlier);
    if (!report.ok) {
        return Error(Code::data_loss,
                     "the export does not verify, so nothing is computed from it: " + report.what,
                     fmt::format("signalbox ledger verify {}", options.path));
    }
    SB_CHECK(read);
    const evidence::ThrottleReport found = audit.report();
    if (context.json) {
        SB_CHECK(context.out.write(json_text(audit_json(found))));
    } else {
        SB_CHECK(context.print(
            fmt::format("verified: {} entries of cluster {}", report.size, trust.cluster_id.str())));
        SB_CHECK(context.print(render_audit(found, uncut(context.terminal))));
        if (options.pinned.empty()) {
            SB_CHECK(context.remark("the trust file was believed as it is; --trust-sha256 pins it"));
        }
    }
    return found.kept() ? kOk : kFailed;
}

}  // namespace

void add_audit_commands(const Registry& under) {
    const Registry audit = under.under(under.group("audit", "Recompute from an export what was promised"));
    audit
        .command<AuditOptions>(
            "throttle",
            "The most steps in flight at any instant, scope by scope; exits 1 when a limit was exceeded, or "
            "when that cannot be ruled out",
            [](CLI::App& app, AuditOptions& o) {
                app.add_option("file", o.path, "An export")->required();
                app.add_option("--trust", o.trust,
                               "Trust file; more than once for a chain of versions, the oldest first")
                    ->required()
                    ->take_all();
                app.add_option("--trust-sha256", o.pinned, "The first trust file must have this SHA-256");
            },
            audit_throttle)
        .footer("Needs no controller, no credentials and no network.");
}

}  // namespace signalbox::cli
