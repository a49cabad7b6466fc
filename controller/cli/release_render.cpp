// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/release_render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "controller/cli/exit_code.hpp"
#include "controller/cli/line.hpp"
#include "controller/cli/plan_render.hpp"
#include "controller/cli/progress.hpp"
#include "controller/cli/release_terms.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

using StepRefs = std::vector<const v1::StepInfo*>;

struct Stage {
    std::string name;
    StepRefs steps;  // lane by lane
    std::size_t lanes = 0;
};

std::string lane_of(const v1::StepInfo& step) {
    return step.service().empty() ? step.group() : step.service() + " on " + step.group();
}

// Those of one lane together, in the order of the plan.
void group_by_lane(Stage& stage) {
    std::map<std::string, std::size_t> rank;
    for (const v1::StepInfo* step : stage.steps) rank.try_emplace(lane_of(*step), rank.size());
    stage.lanes = rank.size();
    std::stable_sort(stage.steps.begin(), stage.steps.end(), [&](const auto* a, const auto* b) {
        return rank.at(lane_of(*a)) < rank.at(lane_of(*b));
    });
}

// How much a person wants to see a step when there is no room for all.
int interest(const v1::StepInfo& step) {
    const std::string& s = step.status();
    if (s == "failed" || s == "unknown") return 0;
    if (s == "running" || s == "dispatched") return 1;
    if (s == "ready" || !step.why().empty()) return 2;
    return s == "pending" ? 3 : 4;
}

// Forward steps by environment in the plan's order; undo steps only once one of them has been thought of.
std::vector<Stage> stages_of(const v1::ReleaseInfo& release) {
    const bool undo_shown = std::any_of(release.steps().begin(), release.steps().end(), [](const auto& step) {
        return step.undo() && step.status() != "pending" && step.status() != "skipped";
    });
    std::vector<Stage> stages;
    for (const v1::StepInfo& step : release.steps()) {
        if (step.undo() && !(undo_shown && step.status() != "skipped")) continue;
        const std::string name = step.undo() ? step.environment() + ", undo" : step.environment();
        auto stage =
            std::find_if(stages.begin(), stages.end(), [&](const Stage& s) { return s.name == name; });
        if (stage == stages.end()) stage = stages.insert(stages.end(), Stage{name, {}});
        stage->steps.push_back(&step);
    }
    for (Stage& stage : stages) group_by_lane(stage);
    return stages;
}

std::string time_of(const v1::StepInfo& step, Instant now) {
    const auto spent = elapsed_of(step, now);
    if (!spent) return "";
    const bool runs = step.status() == "running" || step.status() == "dispatched";
    if (!runs || step.deadline_s() == 0) return elapsed(*spent);
    return fmt::format("{} of {}", elapsed(*spent), elapsed(std::chrono::seconds(step.deadline_s())));
}

std::string remark_on(const v1::StepInfo& step) {
    std::string remark = step.attempt() > 1 ? fmt::format("attempt {}  ", step.attempt()) : "";
    if (!step.target().empty() && step.target() != step.host()) remark += "for " + step.target() + "  ";
    if (step.status() == "failed" || step.status() == "unknown" || step.why().empty())
        return remark + step.detail();
    return remark + step.why();
}

// One line; where lines wrap, a remark that does not fit follows on lines of its own.
std::vector<std::string> step_lines(const v1::StepInfo& step, std::size_t host, Instant now,
                                    const Terminal& terminal) {
    const StatusLook look = look_of_step(step.status(), terminal);
    Line line(terminal);
    line.add("    ").add(look.symbol, look.tone).to_column(6).add(step.host()).to_column(6 + host + 2);
    line.add(step.phase(), Tone::dim).to_column(6 + host + 11).add(step.kind()).to_column(6 + host + 29);
    line.add(step.status(), look.tone)
        .to_column(6 + host + 41)
        .add(time_of(step, now))
        .to_column(6 + host + 57);
    const std::string remark = safe(remark_on(step));
    const Tone tone = look.tone == Tone::bad ? Tone::bad : Tone::dim;
    const bool below = terminal.wraps && 6 + host + 57 + columns(remark) > terminal.width;
    if (!below) line.add(remark, tone);
    std::string text = line.text();
    if (!terminal.color) text.erase(text.find_last_not_of(' ') + 1);
    std::vector<std::string> out{std::move(text)};
    if (!below || remark.empty()) return out;
    constexpr std::size_t kIndent = 8;
    for (const std::string& part : wrap(remark, terminal.width > kIndent ? terminal.width - kIndent : 1))
        out.push_back(std::string(kIndent, ' ') + paint(terminal, tone, part));
    return out;
}

std::string stage_line(const v1::ReleaseInfo& release, const Stage& stage, const Terminal& terminal) {
    std::size_t succeeded = 0;
    std::size_t skipped = 0;
    bool left_half_way = false;  // steps that its hosts were to run are not run any more
    std::size_t failed = 0;
    std::size_t busy = 0;
    for (const v1::StepInfo* step : stage.steps) {
        succeeded += step->status() == "succeeded" ? 1 : 0;
        skipped += step->status() == "skipped" ? 1 : 0;
        left_half_way |= step->status() == "skipped" && !was_left_out(release, *step);
        failed += step->status() == "failed" || step->status() == "unknown" ? 1 : 0;
        busy += step->status() == "running" || step->status() == "dispatched" ? 1 : 0;
    }
    std::string status = "pending";
    if (succeeded + skipped == stage.steps.size())
        status = !left_half_way ? "succeeded" : succeeded > 0 ? "failed" : "skipped";
    if (busy > 0 || (succeeded > 0 && succeeded + skipped < stage.steps.size())) status = "running";
    if (failed > 0) status = "failed";
    const StatusLook look = look_of_step(status, terminal);
    Line line(terminal);
    line.add("  ").add(look.symbol, look.tone).add(" ").add(stage.name, Tone::strong);
    line.add(fmt::format("  {} of {}", succeeded, counted(stage.steps.size(), "step")));
    if (skipped > 0) line.add(fmt::format(", {} skipped", skipped), Tone::dim);
    if (failed > 0) line.add(fmt::format(", {} failed", failed), Tone::bad);
    return line.text();
}

// The steps to list when only `room` of them can be, in their own order.
StepRefs most_interesting(const StepRefs& steps, std::size_t room) {
    if (steps.size() <= room) return steps;
    StepRefs ranked = steps;
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](auto* a, auto* b) { return interest(*a) < interest(*b); });
    ranked.resize(room);
    const std::set<const v1::StepInfo*> chosen(ranked.begin(), ranked.end());
    StepRefs kept;
    for (const v1::StepInfo* step : steps) {
        if (chosen.contains(step)) kept.push_back(step);
    }
    return kept;
}

std::vector<std::string> head_of(const v1::ReleaseInfo& release, Instant now, const Terminal& terminal) {
    Line line(terminal);
    line.add(release.release_id(), Tone::strong)
        .add("  ")
        .add(release.status(), tone_of_release(release.status()));
    if (!release.environment().empty()) line.add(" in ").add(release.environment());
    line.add("  started ").add(relative(release.created(), now)).add(" by ").add(release.requester());
    if (!release.change().empty()) line.add("  change ").add(release.change());
    std::vector<std::string> out = {line.text()};
    if (!release.reason().empty()) out.push_back(Line(terminal).add("  ").add(release.reason()).text());
    const auto terms = render_terms(release, now, terminal);
    out.insert(out.end(), terms.begin(), terms.end());
    return out;
}

Gates open_gates(const v1::ReleaseInfo& release) {
    Gates open;
    if (release_has_ended(release.status())) return open;
    for (const v1::Block& gate : release.gates()) {
        if (gate.verdict() != "pass") *open.Add() = gate;
    }
    return open;
}

Instant time_or(const std::string& rfc3339, Instant otherwise) {
    const auto time = parse_rfc3339(rfc3339);
    return time ? *time : otherwise;
}

// When the step came into its status; now, when nothing says.
Instant time_of_change(const v1::StepInfo& step, Instant now) {
    const std::string& status = step.status();
    if (status == "succeeded" || status == "failed" || status == "unknown")
        return time_or(step.finished(), now);
    if (status == "running" || status == "dispatched") return time_or(step.started(), now);
    return now;
}

// A status that was there before anybody watched is as old as the last thing that is known to have happened.
Instant time_of_status(const v1::ReleaseInfo* before, const v1::ReleaseInfo& after, Instant now) {
    if (release_has_ended(after.status())) return time_or(after.finished(), now);
    if (before != nullptr) return now;
    Instant last = time_or(after.created(), now);
    for (const v1::StepInfo& step : after.steps())
        last = std::max({last, time_or(step.started(), last), time_or(step.finished(), last)});
    return last;
}

// Lines that begin with the time of what they tell, in the order of these times.
class Changes {
  public:
    explicit Changes(const Terminal& terminal) : terminal_(terminal) {}
    // Good until the next call.
    Line& at(Instant when) {
        const Instant second = std::chrono::floor<std::chrono::seconds>(when);
        all_.emplace_back(second, Line(terminal_));
        return all_.back().second.add(to_rfc3339(second) + " ", Tone::dim);
    }
    std::vector<std::string> lines() && {
        std::stable_sort(all_.begin(), all_.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<std::string> out;
        for (const auto& [when, line] : all_) out.push_back(line.text());
        return out;
    }

  private:
    const Terminal& terminal_;
    std::vector<std::pair<Instant, Line>> all_;
};

}  // namespace

StatusLook look_of_step(std::string_view status, const Terminal& terminal) {
    const bool u = terminal.unicode;
    if (status == "succeeded") return {u ? "✓" : "+", Tone::good};
    if (status == "failed") return {u ? "✗" : "x", Tone::bad};
    if (status == "unknown") return {"?", Tone::bad};
    if (status == "running") return {u ? "●" : "*", Tone::warning};
    if (status == "dispatched") return {u ? "→" : ">", Tone::warning};
    if (status == "ready") return {u ? "○" : "o", Tone::plain};
    if (status == "skipped") return {"-", Tone::dim};
    return {u ? "·" : ".", Tone::dim};
}

Tone tone_of_release(std::string_view status) {
    if (status == "succeeded") return Tone::good;
    if (status == "failed" || status == "undone_partly" || status == "aborted") return Tone::bad;
    return status == "waiting" ? Tone::plain : Tone::warning;
}

std::vector<std::string> render_release(const v1::ReleaseInfo& release, Instant now, const Terminal& terminal,
                                        std::optional<std::size_t> most_lines) {
    std::vector<std::string> out = head_of(release, now, terminal);
    const std::vector<Stage> stages = stages_of(release);
    std::vector<std::string> tail;
    if (const Gates open = open_gates(release); !open.empty()) {
        tail.push_back(Line(terminal).add("Waiting for").text());
        const auto lines = render_gates(open, terminal);
        tail.insert(tail.end(), lines.begin(), lines.end());
    }
    tail.push_back(progress_text(progress_of(release, now), terminal));

    std::size_t fixed = out.size() + 2 * stages.size() + tail.size();
    for (const Stage& stage : stages) fixed += stage.lanes > 1 ? stage.lanes : 0;
    std::size_t room = most_lines ? (*most_lines > fixed ? *most_lines - fixed : 0) : SIZE_MAX;
    StepRefs all;
    std::size_t host = 4;
    for (const Stage& stage : stages) {
        for (const v1::StepInfo* step : stage.steps) host = std::max(host, columns(safe(step->host())));
        all.insert(all.end(), stage.steps.begin(), stage.steps.end());
    }
    const StepRefs most = most_interesting(all, room);
    const std::set<const v1::StepInfo*> listed(most.begin(), most.end());
    for (const Stage& stage : stages) {
        out.push_back(stage_line(release, stage, terminal));
        std::size_t hidden = 0;
        std::string lane;
        for (const v1::StepInfo* step : stage.steps) {
            if (!listed.contains(step)) {
                ++hidden;
                continue;
            }
            if (stage.lanes > 1 && lane_of(*step) != lane) {
                lane = lane_of(*step);
                out.push_back(Line(terminal).add("    ").add(lane, Tone::dim).text());
            }
            const auto lines = step_lines(*step, host, now, terminal);
            out.insert(out.end(), lines.begin(), lines.end());
        }
        if (hidden > 0)
            out.push_back(Line(terminal).add(fmt::format("      and {} more", hidden), Tone::dim).text());
    }
    out.insert(out.end(), tail.begin(), tail.end());
    if (most_lines && out.size() > *most_lines) out.resize(*most_lines);
    return out;
}

std::vector<std::string> render_changes(const v1::ReleaseInfo* before, const v1::ReleaseInfo& after,
                                        Instant now, const Terminal& terminal) {
    Changes changes(terminal);
    const bool status_is_new = before == nullptr || before->status() != after.status() ||
                               before->environment() != after.environment() ||
                               before->reason() != after.reason();
    if (status_is_new) {
        Line& line = changes.at(time_of_status(before, after, now));
        line.add("release ").add(after.release_id()).add(" ");
        line.add(after.status(), tone_of_release(after.status()));
        if (!after.environment().empty()) line.add(" in ").add(after.environment());
        if (!after.reason().empty()) line.add(": ").add(after.reason());
    }
    std::map<std::string, const v1::StepInfo*> known;
    if (before != nullptr) {
        for (const v1::StepInfo& step : before->steps()) known[step.id()] = &step;
    }
    for (const v1::StepInfo& step : after.steps()) {
        const auto old = known.find(step.id());
        const bool had = old != known.end();
        if (had && old->second->status() == step.status() && old->second->attempt() == step.attempt())
            continue;
        if (!had && (step.status() == "pending" || step.status() == "skipped" || step.status() == "ready"))
            continue;
        const StatusLook look = look_of_step(step.status(), terminal);
        Line& line = changes.at(time_of_change(step, now));
        line.add("step ").add(step.id()).add(" ").add(step.status(), look.tone);
        if (step.attempt() > 1) line.add(fmt::format(" (attempt {})", step.attempt()));
        if (const std::string spent = time_of(step, now); !step.finished().empty() && !spent.empty()) {
            line.add(" after " + spent);
        }
        if (!step.detail().empty()) line.add(": ").add(step.detail());
    }
    for (const v1::Block& gate : open_gates(after)) {
        const bool same =
            before != nullptr &&
            std::any_of(before->gates().begin(), before->gates().end(), [&](const v1::Block& old) {
                return old.environment() == gate.environment() && old.gate() == gate.gate() &&
                       old.verdict() == gate.verdict() && old.reason() == gate.reason();
            });
        if (same) continue;
        Line& line = changes.at(now);
        line.add(gate.verdict(), Tone::warning).add(" ").add(gate.environment());
        line.add(" ").add(gate.gate()).add(": ").add(gate.reason());
        if (!gate.remedy().empty()) line.add("; next: ").add(gate.remedy());
    }
    return std::move(changes).lines();
}

}  // namespace signalbox::cli
