// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/story_render.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/cli/line.hpp"
#include "controller/cli/release_render.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

Tone tone_of(const std::string& kind) {
    if (kind == "failed" || kind == "refused") return Tone::bad;
    if (kind == "done") return Tone::good;
    if (kind == "breaker" || kind == "skipped" || kind == "asked") return Tone::warning;
    if (kind == "waits" || kind == "gate") return Tone::dim;
    return Tone::plain;
}

// Wrapped to the terminal's width under its own first column; into a pipe whole.
void add_wrapped(std::vector<std::string>& out, const Terminal& terminal, std::size_t column,
                 const Line& head, std::string_view text, Tone tone) {
    const std::size_t room = terminal.width > column + 20 ? terminal.width - column : 20;
    std::vector<std::string> parts =
        terminal.interactive ? wrap(safe(text), room) : std::vector<std::string>{std::string(text)};
    if (parts.empty()) parts.emplace_back();
    Line first = head;
    out.push_back(first.to_column(column).add(parts.front(), tone).text());
    for (std::size_t i = 1; i < parts.size(); ++i)
        out.push_back(Line(terminal).add(std::string(column, ' ')).add(parts[i], tone).text());
}

void head_of(const v1::ExplainReleaseResponse& story, const Terminal& terminal,
             std::vector<std::string>& out) {
    const v1::ReleaseInfo& release = story.release();
    Line line(terminal);
    line.add(release.release_id(), Tone::strong).add("  ");
    line.add(release.status(), tone_of_release(release.status()));
    if (story.has_step()) {
        const v1::StepInfo& step = story.step();
        const StatusLook look = look_of_step(step.status(), terminal);
        line.add("  ").add(step.id(), Tone::strong).add("  ").add(step.status(), look.tone);
        out.push_back(line.text());
        Line what(terminal);
        what.add(fmt::format("  {} on {}", step.kind(), step.host()));
        if (!step.target().empty() && step.target() != step.host()) what.add(" for " + step.target());
        if (step.undo()) what.add(", which takes back what another step did");
        out.push_back(what.text());
        return;
    }
    if (release.expired()) line.add("  expired", Tone::bad);
    out.push_back(line.text());
}

}  // namespace

std::vector<std::string> render_story(const v1::ExplainReleaseResponse& story, const Terminal& terminal) {
    std::vector<std::string> out;
    head_of(story, terminal, out);
    std::string day;
    std::string environment;
    for (const v1::StoryLine& line : story.lines()) {
        if (!story.has_step() && line.environment() != environment) {
            environment = line.environment();
            out.push_back(Line(terminal).add(environment, Tone::strong).text());
        }
        if (line.at().substr(0, 10) != day) {
            day = line.at().substr(0, 10);
            out.push_back(Line(terminal).add("  ").add(day, Tone::dim).text());
        }
        Line head(terminal);
        head.add("  ").add(line.at().size() > 19 ? line.at().substr(11, 8) : line.at(), Tone::dim);
        const bool named = !line.step_id().empty() && !story.has_step();
        const std::string text = named ? line.step_id() + ": " + line.text() : line.text();
        add_wrapped(out, terminal, 12, head, text, tone_of(line.kind()));
    }
    if (story.cut())
        out.push_back(Line(terminal).add("  the rest is too long to tell: explain one step").text());
    if (!story.now().empty()) out.push_back(Line(terminal).add("now", Tone::strong).text());
    for (const std::string& now : story.now())
        add_wrapped(out, terminal, 2, Line(terminal), now, Tone::plain);
    return out;
}

std::vector<std::string> render_throttle(const v1::GetThrottleResponse& throttle, const Terminal& terminal) {
    std::vector<std::string> out;
    for (const v1::ThrottleScope& scope : throttle.scopes()) {
        Line line(terminal);
        line.add(scope.scope(), Tone::strong).add("  ");
        const auto used = static_cast<std::uint32_t>(scope.holding().size());
        if (!scope.limited()) {
            line.add(fmt::format("{} in flight, no limit", used));
        } else {
            line.add(fmt::format("{} of {} in flight", used, scope.limit()),
                     used >= scope.limit() ? Tone::warning : Tone::plain);
            if (scope.peak()) line.add(" in peak hours");
            if (scope.hard_cap() > scope.limit())
                line.add(fmt::format(", {} in an emergency", scope.hard_cap()), Tone::dim);
        }
        out.push_back(line.text());
        for (const v1::ThrottledStep& step : scope.holding()) {
            out.push_back(Line(terminal)
                              .add("  ")
                              .add("in flight", Tone::good)
                              .to_column(13)
                              .add(step.step_id())
                              .add("  " + step.release_id(), Tone::dim)
                              .text());
        }
        for (const v1::ThrottledStep& step : scope.waiting()) {
            out.push_back(Line(terminal)
                              .add("  ")
                              .add("waits", Tone::warning)
                              .to_column(13)
                              .add(step.step_id())
                              .add("  " + step.release_id(), Tone::dim)
                              .text());
            add_wrapped(out, terminal, 15, Line(terminal).add("  "), step.why(), Tone::plain);
        }
    }
    return out;
}

}  // namespace signalbox::cli
