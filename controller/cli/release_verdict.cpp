// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controller/cli/line.hpp"
#include "controller/cli/release_render.hpp"
#include "controller/cli/release_terms.hpp"

namespace signalbox::cli {
namespace {

// An undo takes back one environment; those before it keep the release, as people wanted it there.
std::string undone_in_words(const v1::ReleaseInfo& release) {
    std::vector<std::string> kept;
    for (const v1::StepInfo& step : release.steps()) {
        const std::string& name = step.environment();
        if (step.undo() || name == release.environment() || step.status() != "succeeded") continue;
        if (kept.empty() || kept.back() != name) kept.push_back(name);
    }
    std::string text =
        release.environment().empty() ? "every host" : "every host of " + release.environment();
    text = "the release was undone: " + text + " is back where it was";
    if (!kept.empty())
        text += fmt::format("; {} {} {}", fmt::join(kept, ", "), kept.size() == 1 ? "keeps" : "keep",
                            release.version());
    return text;
}

std::string failed_in_words(const v1::ReleaseInfo& release) {
    if (release.expired())
        return fmt::format("expired: its window ended at {} before it could start; nothing was changed",
                           release.not_after());
    const std::string how = release.status() == "aborted" ? "the release was aborted" : "the release failed";
    if (release.not_undone().empty()) return how + "; nothing is left that could be undone";
    return how + "; these were changed and not undone:";
}

std::string succeeded_in_words(const v1::ReleaseInfo& release) {
    const std::string& name = release.name().empty() ? release.service() : release.name();
    const std::string text = fmt::format("{} {} is released", name, release.version());
    const std::string without = left_out_hosts(release);
    return without.empty() ? text : text + ", but not on " + without;
}

}  // namespace

std::vector<std::string> render_verdict(const v1::ReleaseInfo& release, const Terminal& terminal) {
    std::vector<std::string> out;
    const std::string& status = release.status();
    const std::string& id = release.release_id();
    const auto say = [&](std::string_view text, Tone tone) {
        out.push_back(Line(terminal).add(text, tone).text());
    };
    if (status == "succeeded")
        say(succeeded_in_words(release), release.left_out().empty() ? Tone::good : Tone::warning);
    if (status == "failed" || status == "aborted") say(failed_in_words(release), Tone::bad);
    if (status == "undone") say(undone_in_words(release), Tone::warning);
    if (status == "undone_partly")
        say("the release was undone, but these are not back where they were:", Tone::bad);
    for (const std::string& left : release.not_undone()) say("  " + left, Tone::bad);
    if (release.expired()) {
        say("next: signalbox release start, with a window that is to come", Tone::plain);
    } else if (status == "aborted" && !release.not_undone().empty()) {
        say(fmt::format("next: signalbox release undo {}", id), Tone::plain);
    } else if (status == "failed" && !release.not_undone().empty()) {
        say(fmt::format("next: signalbox release explain {0}; to take them back: signalbox release undo {0}",
                        id),
            Tone::plain);
    } else if (status == "failed" || status == "undone_partly") {
        say(fmt::format("next: signalbox release explain {}", id), Tone::plain);
    }
    if (status == "halted") {
        say(fmt::format(
                "halted: nothing new starts. next: signalbox release resume {0}, undo {0} or abort {0}", id),
            Tone::warning);
    }
    return out;
}

}  // namespace signalbox::cli
