// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/plan_render.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "controller/cli/line.hpp"
#include "controller/cli/plan_terms.hpp"
#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

std::size_t hosts_of(const PlanStageView& stage) {
    std::set<std::string> hosts;
    for (const PlanStepView& step : stage.steps) hosts.insert(step.host);
    return hosts.size();
}

std::string impact(const PlanView& plan) {
    std::set<std::string> hosts;
    std::size_t steps = 0;
    std::size_t undo = 0;
    std::int64_t longest_s = 0;
    for (const PlanStageView& stage : plan.stages) {
        for (const PlanStepView& step : stage.steps) {
            hosts.insert(step.host);
            longest_s += step.deadline_s * step.max_attempts;
        }
        steps += stage.steps.size();
        undo += stage.undo.size();
    }
    return fmt::format("{} in {}, {}, {} ready; never longer than {} even one after the other",
                       counted(hosts.size(), "host"), counted(plan.stages.size(), "environment"),
                       counted(steps, "step"), counted(undo, "undo step"),
                       elapsed(std::chrono::seconds(longest_s)));
}

std::size_t widest(const std::vector<PlanStepView>& steps, std::string PlanStepView::*field) {
    std::size_t width = 0;
    for (const PlanStepView& step : steps) width = std::max(width, columns(safe(step.*field)));
    return width;
}

using UndoIds = std::map<std::string, std::string>;  // by the step that they undo

UndoIds undo_ids(const PlanStageView& stage) {
    UndoIds ids;
    for (const PlanStepView& step : stage.undo) {
        std::string& all = ids[step.undo_of];
        all += (all.empty() ? "" : ", ") + step.id;
    }
    return ids;
}

// "staging/web-1/activate by agent A; action sha256 D; artifacts sha256 D; undone by …", as it is signed.
std::string signed_words(const PlanStepView& step, const UndoIds& undo) {
    std::string out =
        fmt::format("{} by agent {}; action sha256 {}", step.id, step.agent_id, step.action_sha256.hex());
    if (!step.artifacts.empty()) out += fmt::format("; artifacts sha256 {}", fmt::join(step.artifacts, ", "));
    if (!step.undo_of.empty()) return out + "; undoes " + step.undo_of;
    const auto found = undo.find(step.id);
    return out + (found == undo.end() ? "; nothing undoes it" : "; undone by " + found->second);
}

void render_steps(const PlanStageView& stage, bool undo, const Terminal& terminal, Digests digests,
                  std::vector<std::string>& out) {
    const std::vector<PlanStepView>& steps = undo ? stage.undo : stage.steps;
    const UndoIds ids = digests == Digests::whole ? undo_ids(stage) : UndoIds();
    const std::size_t host = widest(steps, &PlanStepView::host);
    const std::size_t kind = widest(steps, &PlanStepView::kind);
    std::string lane;
    for (const PlanStepView& step : steps) {
        const std::string whose = fmt::format("{} on {}", step.service, step.group);
        if (!undo && lane != step.phase + whose) {
            out.push_back(Line(terminal).add("  ").add(step.phase, Tone::strong).add("  ").add(whose).text());
            lane = step.phase + whose;
        }
        Line line(terminal);
        line.add("    ").add(step.host).to_column(4 + host + 2);
        line.add(step.kind, Tone::dim).to_column(4 + host + 2 + kind + 2);
        const auto words = describe_action(step.action, digests);
        line.add(words ? *words : json::canonical(step.action));
        if (step.delay_s > 0)
            line.add(fmt::format(" after a pause of {}", elapsed(std::chrono::seconds(step.delay_s))));
        if (step.max_attempts > 1)
            line.add(fmt::format(" (up to {} attempts)", step.max_attempts), Tone::dim);
        out.push_back(line.text());
        if (digests == Digests::whole)
            out.push_back(Line(terminal).add("      ").add(signed_words(step, ids), Tone::dim).text());
    }
}

Tone tone_of_verdict(const std::string& verdict) {
    if (verdict == "pass") return Tone::good;
    return verdict == "wait" ? Tone::warning : Tone::bad;
}

}  // namespace

std::vector<std::string> render_stage(const PlanStageView& stage, const Terminal& terminal, Digests digests) {
    std::vector<std::string> out = render_terms(stage, terminal);
    if (!stage.barrier.empty()) {
        out.push_back(Line(terminal)
                          .add(fmt::format("  barrier: {}: nobody switches before everybody is prepared",
                                           fmt::join(stage.barrier, ", then ")))
                          .text());
    }
    render_steps(stage, false, terminal, digests, out);
    if (stage.undo.empty()) {
        out.push_back(paint(terminal, Tone::warning, "  nothing here can be undone"));
        return out;
    }
    out.push_back(Line(terminal).add("  ").add("undo", Tone::strong).add(", in this order").text());
    render_steps(stage, true, terminal, digests, out);
    return out;
}

std::vector<std::string> render_plan(const PlanView& plan, const Terminal& terminal) {
    std::vector<std::string> out;
    const auto fact = [&](std::string_view name, std::string_view value) {
        if (!value.empty())
            out.push_back(Line(terminal).add(name, Tone::dim).to_column(10).add(value).text());
    };
    out.push_back(Line(terminal)
                      .add(plan.name + " " + plan.version, Tone::strong)
                      .add("  ")
                      .add(plan.release_id)
                      .text());
    fact("plan", "sha256 " + plan.sha256.hex());
    fact("manifest", fmt::format("{} at estate commit {}", plan.manifest, shortened(plan.estate_commit)));
    fact("services", services_of(plan));
    fact("requester", plan.requester);
    fact("change", plan.change);
    fact("tickets", fmt::format("{}", fmt::join(plan.tickets, ", ")));
    if (plan.priority != "normal")
        fact("priority", plan.priority + ": it goes first, up to each limit's hard cap");
    fact("overrun", overrun_words(plan.overrun));
    fact("failure", plan.undo_on_failure ? "it is taken back by itself" : "it halts and waits for people");
    if (plan.jitter_s > 0)
        fact("jitter", "each host starts within " + elapsed(std::chrono::seconds(plan.jitter_s)));
    fact("breaker", breaker_words(plan.breaker));
    fact("impact", impact(plan));
    for (std::size_t i = 0; i < plan.stages.size(); ++i) {
        const PlanStageView& stage = plan.stages[i];
        out.emplace_back();
        out.push_back(Line(terminal)
                          .add(fmt::format("Stage {} of {}: ", i + 1, plan.stages.size()))
                          .add(stage.name, Tone::strong)
                          .add(fmt::format(" ({})  {}, {}", stage.tier, counted(hosts_of(stage), "host"),
                                           counted(stage.steps.size(), "step")))
                          .text());
        const auto lines = render_stage(stage, terminal, Digests::shortened);
        out.insert(out.end(), lines.begin(), lines.end());
    }
    return out;
}

std::vector<std::string> render_gates(const Gates& gates, const Terminal& terminal) {
    std::vector<std::string> out;
    std::size_t environment = 0;
    std::size_t gate = 0;
    for (const v1::Block& block : gates) {
        environment = std::max(environment, columns(safe(block.environment())));
        gate = std::max(gate, columns(safe(block.gate())));
    }
    for (const v1::Block& block : gates) {
        Line line(terminal);
        line.add("  ").add(block.environment()).to_column(2 + environment + 2);
        line.add(block.gate()).to_column(2 + environment + 2 + gate + 2);
        line.add(block.verdict(), tone_of_verdict(block.verdict()))
            .to_column(2 + environment + 2 + gate + 2 + 7);
        line.add(block.reason());
        out.push_back(line.text());
        if (block.verdict() == "pass" || block.remedy().empty()) continue;
        out.push_back(
            Line(terminal).to_column(2 + environment + 2).add("next: " + block.remedy(), Tone::dim).text());
    }
    return out;
}

std::vector<std::string> render_problems(const Problems& problems, const Terminal& terminal) {
    std::vector<std::string> out;
    for (const v1::EstateProblem& problem : problems) {
        Line line(terminal);
        const std::string place =
            problem.line() == 0 ? "" : fmt::format("{}:{}:", problem.line(), problem.column());
        line.add(fmt::format("{}:{} ", problem.file(), place), Tone::strong);
        line.add(problem.warning() ? "warning: " : "error: ", problem.warning() ? Tone::warning : Tone::bad);
        out.push_back(line.add(problem.message()).text());
        if (!problem.remedy().empty())
            out.push_back(Line(terminal).add("  next: ").add(problem.remedy()).text());
    }
    return out;
}

}  // namespace signalbox::cli
