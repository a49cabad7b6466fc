// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/standing_words.hpp"

#include <fmt/format.h>

#include "controller/cli/line.hpp"
#include "controller/cli/plan_terms.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {

std::vector<std::string> standing_words(const trust::StandingApproval& standing, const crypto::Digest& digest,
                                        const Terminal& terminal, Instant now) {
    std::vector<std::string> lines;
    const auto fact = [&](std::string_view name, std::string_view value) {
        lines.push_back(Line(terminal).add(name, Tone::dim).to_column(11).add(value).text());
    };
    lines.push_back(Line(terminal)
                        .add("Standing approval ")
                        .add(standing.name, Tone::strong)
                        .add(": patch releases of ")
                        .add(standing.service, Tone::strong)
                        .add(" in ")
                        .add(standing.environment, Tone::strong)
                        .add(" run without another signature")
                        .text());
    fact("document", "sha256 " + digest.hex());
    fact("cluster", standing.cluster_id.str());
    const trust::PatchRange& range = standing.versions;
    fact("versions", fmt::format("{0}.{1}.x from {0}.{1}.{2} on, no pre-release", range.major, range.minor,
                                 range.patch_from));
    fact("artifacts", fmt::format("only such as a key of the role artifact/{} has signed as that version",
                                  standing.environment));
    fact("uses",
         fmt::format("{} on each host", counted(static_cast<std::uint64_t>(standing.uses), "release")));
    fact("numbers", fmt::format("releases after number {}", standing.release_counter));
    const std::string end = to_rfc3339(standing.not_after);
    fact("good",
         fmt::format("from {} to {} (ends {})", to_rfc3339(standing.not_before), end, relative(end, now)));
    fact("overrun", overrun_words(standing.overrun));
    for (const trust::ClosedTime& closed : standing.closed)
        fact("closed",
             fmt::format("from {} to {}: {}", to_rfc3339(closed.from), to_rfc3339(closed.to), closed.name));
    if (standing.closed.empty()) fact("closed", "at no time");
    fact("requester", fmt::format("{}, {}", standing.requester_name,
                                  standing.requester.empty() ? "without an approver's key"
                                                             : "key " + standing.requester.str()));
    if (!standing.change.empty()) fact("change", standing.change);
    fact("what", fmt::format("exactly these {}; ${{…}} stands for what the artifact's statement says:",
                             counted(standing.steps.size(), "step")));
    for (const trust::StandingStep& step : standing.steps) {
        lines.push_back(
            Line(terminal)
                .add("  ")
                .add(step.host, Tone::strong)
                .add(fmt::format("  {} by agent {}{}{}; up to {}", step.step_id.str(), step.agent_id.str(),
                                 step.artifacts > 0 ? ", with the artifact" : "",
                                 step.undo_of.empty() ? "" : ", undoes " + step.undo_of.str(),
                                 counted(static_cast<std::uint64_t>(step.max_attempts), "attempt")))
                .text());
        lines.push_back(Line(terminal).add("    ").add(json::canonical(step.action)).text());
    }
    return lines;
}

}  // namespace signalbox::cli
