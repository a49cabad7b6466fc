// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/plan_changes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

using json::Json;
using Lines = std::vector<std::string>;
using Names = std::set<std::string>;

// By host, then by name: "activate", "activate!undo".
using Steps = std::map<std::string, std::map<std::string, const PlanStepView*>>;

// The end of an id, without the service that stands there when a release has several.
std::string name_of(const PlanStepView& step) {
    std::string name = step.id.substr(step.id.rfind('/') + 1);
    const std::string prefix = step.service + ":";
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

Steps steps_of(const PlanView& plan, std::string_view environment, std::string_view service) {
    Steps out;
    const PlanStageView* stage = plan.stage(environment);
    if (stage == nullptr) return out;
    for (const auto* list : {&stage->steps, &stage->undo}) {
        for (const PlanStepView& step : *list) {
            if (step.service == service) out[step.host][name_of(step)] = &step;
        }
    }
    return out;
}

Names artifacts_of(const Steps& steps) {
    Names out;
    for (const auto& [host, by_name] : steps) {
        for (const auto& [name, step] : by_name) {
            out.insert(step->artifacts.begin(), step->artifacts.end());
            if (step->action.contains("artifact_sha256"))
                out.insert(step->action["artifact_sha256"].get<std::string>());
        }
    }
    return out;
}

const PlanServiceView* find_service(const PlanView& plan, std::string_view name) {
    const auto found = std::find_if(plan.services.begin(), plan.services.end(),
                                    [&](const PlanServiceView& each) { return each.name == name; });
    return found == plan.services.end() ? nullptr : &*found;
}

std::string value(const Json* json) {
    return json == nullptr ? "nothing" : json::canonical(*json);
}

// Every member that differs, by its path: "env.MODE: "a" -> "b"".
void differences(const std::string& path, const Json* before, const Json* now, Lines& out) {
    if (before != nullptr && now != nullptr && *before == *now) return;
    const bool objects = before != nullptr && now != nullptr && before->is_object() && now->is_object();
    if (!objects) {
        out.push_back(fmt::format("{}: {} -> {}", path, value(before), value(now)));
        return;
    }
    Names members;
    for (const auto* side : {before, now})
        for (const auto& item : side->items()) members.insert(item.key());
    for (const std::string& member : members) {
        const auto old = before->find(member), fresh = now->find(member);
        differences(path.empty() ? member : path + "." + member, old == before->end() ? nullptr : &*old,
                    fresh == now->end() ? nullptr : &*fresh, out);
    }
}

// With one artifact before and one now, their change is said once, not at every step.
Lines step_changes(const PlanStepView& before, const PlanStepView& now, bool artifact_said) {
    Lines out;
    Json old = before.action, fresh = now.action;
    if (artifact_said) {
        for (Json* action : {&old, &fresh}) {
            action->erase("artifact_sha256");
            if (action->contains("artifact")) {
                (*action)["artifact"].erase("sha256");
                (*action)["artifact"].erase("size");
            }
        }
    }
    // An undo step names what it undoes by its whole id.
    if (old.contains("of") && fresh.contains("of") && name_of(before) == name_of(now)) {
        old.erase("of");
        fresh.erase("of");
    }
    differences("", &old, &fresh, out);
    const auto number = [&](std::string_view name, std::int64_t a, std::int64_t b) {
        if (a != b) out.push_back(fmt::format("{}: {} -> {}", name, a, b));
    };
    number("attempts", before.max_attempts, now.max_attempts);
    number("pause before it", before.delay_s, now.delay_s);
    if (before.agent_id != now.agent_id)
        out.push_back(fmt::format("agent: {} -> {}", before.agent_id, now.agent_id));
    if (before.undo_of.empty() != now.undo_of.empty())
        out.push_back(now.undo_of.empty() ? "undoes nothing any more" : "undoes " + now.undo_of);
    return out;
}

std::string hosts_in_words(const Names& hosts) {
    constexpr std::size_t kNamed = 12;
    if (hosts.size() <= kNamed) return fmt::format("{}", fmt::join(hosts, ", "));
    const std::vector<std::string> first(hosts.begin(), std::next(hosts.begin(), kNamed));
    return fmt::format("{} and {} more", fmt::join(first, ", "), hosts.size() - kNamed);
}

void add_grouped(std::string_view word, const std::map<std::string, Names>& grouped, Lines& out) {
    for (const auto& [what, hosts] : grouped)
        out.push_back(fmt::format("{} on {}: {}", word, hosts_in_words(hosts), what));
}

void compare_hosts(const Steps& before, const Steps& now, Lines& out) {
    const auto only = [](const Steps& in, const Steps& other) {
        Names names;
        for (const auto& [host, steps] : in)
            if (!other.contains(host)) names.insert(host);
        return names;
    };
    const auto say = [&](std::string_view word, const Names& hosts, const Steps& steps) {
        if (hosts.empty()) return;
        std::size_t count = 0;
        for (const std::string& host : hosts) count += steps.at(host).size();
        out.push_back(fmt::format("{} {}: {}, with {}", word, hosts.size() == 1 ? "host" : "hosts",
                                  hosts_in_words(hosts), counted(count, "step")));
    };
    say("new", only(now, before), now);
    say("no more", only(before, now), before);
}

void compare_steps(const Steps& before, const Steps& now, bool artifact_said, Lines& out) {
    std::map<std::string, Names> added, removed, changed;
    for (const auto& [host, steps] : now) {
        const auto old = before.find(host);
        if (old == before.end()) continue;
        for (const auto& [name, step] : steps) {
            const auto found = old->second.find(name);
            if (found == old->second.end()) {
                added[fmt::format("{} ({})", name, step->kind)].insert(host);
                continue;
            }
            for (const std::string& line : step_changes(*found->second, *step, artifact_said))
                changed[name + ": " + line].insert(host);
        }
        for (const auto& [name, step] : old->second)
            if (!steps.contains(name)) removed[fmt::format("{} ({})", name, step->kind)].insert(host);
    }
    add_grouped("new step", added, out);
    add_grouped("no more step", removed, out);
    add_grouped("changed", changed, out);
}

std::string length(Instant from, Instant to) {
    return from < to ? elapsed(to - from) : "none";
}

Names closed_in_words(const trust::Approval& approval) {
    Names out;
    for (const trust::ClosedTime& each : approval.closed) out.insert(each.name);
    return out;
}

}  // namespace

Lines service_changes(const PlanView& before, const PlanView& now, std::string_view environment,
                      std::string_view service) {
    Lines out;
    const PlanServiceView* old = find_service(before, service);
    const PlanServiceView* fresh = find_service(now, service);
    if (old != nullptr && fresh != nullptr) {
        if (old->version != fresh->version)
            out.push_back(fmt::format("version: {} -> {}", old->version, fresh->version));
        if (old->commit != fresh->commit)
            out.push_back(fmt::format("source: {} -> {}", old->commit, fresh->commit));
    }
    const Steps old_steps = steps_of(before, environment, service);
    const Steps steps = steps_of(now, environment, service);
    const Names old_artifacts = artifacts_of(old_steps), artifacts = artifacts_of(steps);
    if (old_artifacts != artifacts)
        out.push_back(
            fmt::format("artifact: {} -> {}", fmt::join(old_artifacts, ", "), fmt::join(artifacts, ", ")));
    compare_hosts(old_steps, steps, out);
    compare_steps(old_steps, steps, old_artifacts.size() == 1 && artifacts.size() == 1, out);
    return out;
}

Lines term_changes(const trust::Approval& before, const trust::Approval& now) {
    Lines out;
    const auto differ = [&](std::string_view name, const std::string& a, const std::string& b) {
        if (a != b) out.push_back(fmt::format("{}: {} -> {}", name, a, b));
    };
    differ("length of the window", length(before.not_before, before.not_after),
           length(now.not_before, now.not_after));
    differ("time to undo after it", length(before.not_after, before.undo_not_after),
           length(now.not_after, now.undo_not_after));
    differ("overrun", before.overrun, now.overrun);
    differ("closed", fmt::format("{}", fmt::join(closed_in_words(before), ", ")),
           fmt::format("{}", fmt::join(closed_in_words(now), ", ")));
    return out;
}

}  // namespace signalbox::cli
