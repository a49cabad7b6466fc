// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/approval_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controller/cli/line.hpp"
#include "controller/cli/plan_render.hpp"
#include "controller/cli/plan_terms.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {

std::vector<std::string> approval_words(std::string_view title, const PlanView& plan,
                                        const trust::Approval& approval, const SigningAs& as,
                                        const Terminal& terminal, Instant now) {
    std::vector<std::string> lines;
    const auto fact = [&](std::string_view name, std::string_view value) {
        if (!value.empty())
            lines.push_back(Line(terminal).add(name, Tone::dim).to_column(11).add(value).text());
    };
    lines.push_back(Line(terminal)
                        .add(std::string(title) + " ")
                        .add(fmt::format("{} {}", plan.name, plan.version), Tone::strong)
                        .add(" for ")
                        .add(approval.environment, Tone::strong)
                        .text());
    fact("release", fmt::format("{} (number {})", plan.release_id, plan.release_counter));
    fact("cluster", plan.cluster_id);
    fact("plan", "sha256 " + plan.sha256.hex());
    const crypto::KeyId& requester = approval.requester;
    fact("estate", fmt::format("{} at commit {}", plan.manifest, plan.estate_commit));
    fact("requester",
         fmt::format("{}, {}", plan.requester,
                     requester.empty() ? "without an approver's key" : "key " + requester.str()));
    fact("change", plan.change);
    fact("tickets", fmt::format("{}", fmt::join(plan.tickets, ", ")));
    fact("window",
         fmt::format("from {} to {} ({})", to_rfc3339(approval.not_before), to_rfc3339(approval.not_after),
                     "ends " + relative(to_rfc3339(approval.not_after), now)));
    const std::string undo_until = to_rfc3339(approval.undo_not_after);
    fact("undo", fmt::format("may start until {} ({}), also while closed", undo_until,
                             "ends " + relative(undo_until, now)));
    fact("overrun", overrun_words(approval.overrun));
    for (const trust::ClosedTime& closed : approval.closed) {
        fact("closed",
             fmt::format("from {} to {}: {}", to_rfc3339(closed.from), to_rfc3339(closed.to), closed.name));
    }
    if (approval.closed.empty()) fact("closed", "at no time of the window");
    for (const PlanServiceView& service : plan.services)
        fact("service", fmt::format("{} {} from source {}", service.name, service.version, service.commit));
    if (!as.kid.empty()) fact("as", fmt::format("{} with key {}", as.role, as.kid));
    const PlanStageView* stage = plan.stage(approval.environment);
    fact("what", fmt::format("exactly these {} and {}, on these hosts, each checked against its digest:",
                             counted(stage->steps.size(), "step"), counted(stage->undo.size(), "undo step")));
    const auto steps = render_stage(*stage, terminal, Digests::whole);
    lines.insert(lines.end(), steps.begin(), steps.end());
    return lines;
}

}  // namespace signalbox::cli
