// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/standing_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

namespace signalbox::cli {
namespace {

using json::Json;

Error cannot(std::string why) {
    return {Code::failed_precondition, std::move(why), "such a release is approved by people each time"};
}

bool belongs_to_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '+';
}

std::string with_hole(const std::string& text, const std::string& word, std::string_view hole) {
    std::string out;
    std::size_t from = 0;
    for (std::size_t at = 0; (at = text.find(word, from)) != std::string::npos;) {
        const std::size_t end = at + word.size();
        const bool alone = (at == 0 || !belongs_to_word(text[at - 1])) &&
                           (end == text.size() || !belongs_to_word(text[end]));
        out += text.substr(from, at - from);
        out += alone ? std::string(hole) : word;
        from = end;
    }
    return out + text.substr(from);
}

Status make_holes(Json& value, const std::string& version, const std::string& sha256) {
    if (value.is_string()) {
        auto& text = value.get_ref<std::string&>();
        if (text.find("${") != std::string::npos)
            return cannot(fmt::format("'{:.60}' holds ${{, which would be a hole", text));
        text = with_hole(with_hole(text, version, "${release.version}"), sha256, "${artifact.sha256}");
        return {};
    }
    if (!value.is_structured()) return {};
    for (Json& each : value) SB_CHECK(make_holes(each, version, sha256));
    return {};
}

// The one artifact of the release.
Result<std::string> artifact_of(const PlanStageView& stage) {
    std::set<std::string> all;
    for (const PlanStepView& step : stage.steps) {
        all.insert(step.artifacts.begin(), step.artifacts.end());
        if (step.artifacts.size() > 1) return cannot("step " + step.id + " has several artifacts");
    }
    if (all.size() != 1) return cannot("a standing approval is for releases of one artifact");
    return *all.begin();
}

Result<trust::StandingStep> step_with_holes(const PlanStepView& step, const std::string& version,
                                            const std::string& sha256) {
    trust::StandingStep out;
    out.step_id = StepId(step.id);
    out.agent_id = AgentId(step.agent_id);
    out.host = step.host;
    out.action = step.action;
    out.artifacts = static_cast<int>(step.artifacts.size());
    out.max_attempts = static_cast<int>(step.max_attempts);
    out.undo_of = StepId(step.undo_of);
    // The id of a step is no text of the release.
    Json of = out.action.contains("of") ? out.action["of"] : Json();
    SB_CHECK(make_holes(out.action, version, sha256).with_context("step " + step.id));
    if (!of.is_null()) out.action["of"] = std::move(of);
    if (step.kind == "artifact.stage") {
        out.action["artifact"]["size"] = 0;
        out.action["artifact"]["format"] = "${artifact.format}";
    }
    return out;
}

}  // namespace

Status add_steps(const PlanView& plan, std::string_view environment,
                 std::vector<trust::StandingStep>& steps) {
    const PlanStageView* stage = plan.stage(environment);
    if (stage == nullptr)
        return Error(Code::not_found, fmt::format("it does not go to {}", environment),
                     "name an environment of its path");
    if (plan.services.size() != 1 || plan.services.front().name != plan.name)
        return cannot("a standing approval is for releases of one service alone");
    SB_TRY(const std::string sha256, artifact_of(*stage));
    const auto same = [](const trust::StandingStep& a, const trust::StandingStep& b) {
        return a.step_id == b.step_id && a.agent_id == b.agent_id && a.host == b.host &&
               a.action == b.action && a.undo_of == b.undo_of;
    };
    for (const auto* list : {&stage->steps, &stage->undo}) {
        for (const PlanStepView& step : *list) {
            SB_TRY(trust::StandingStep made, step_with_holes(step, plan.version, sha256));
            const bool there =
                std::any_of(steps.begin(), steps.end(), [&](const auto& other) { return same(made, other); });
            if (!there) steps.push_back(std::move(made));
        }
    }
    return {};
}

std::vector<trust::ClosedTime> merge_closed(std::vector<trust::ClosedTime> a,
                                            const std::vector<trust::ClosedTime>& b) {
    a.insert(a.end(), b.begin(), b.end());
    std::sort(a.begin(), a.end(), [](const auto& x, const auto& y) { return x.from < y.from; });
    std::vector<trust::ClosedTime> out;
    for (trust::ClosedTime& each : a) {
        if (!out.empty()) each.from = std::max(each.from, out.back().to);
        if (each.from < each.to) out.push_back(std::move(each));
    }
    return out;
}

}  // namespace signalbox::cli
