// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "controller/estate/name_field.hpp"
#include "controller/estate/parse_parts.hpp"

namespace signalbox::estate {
namespace {

using std::chrono::hours;

constexpr Seconds kLongestHold = hours(12);
const std::vector<std::string> kKinds{"in_place", "rolling", "blue_green", "canary"};

struct Key {
    std::string_view name;
    std::vector<std::string_view> kinds;  // that have it
};
const std::vector<Key> kOfSomeKinds{
    {"batch", {"in_place", "rolling"}},   {"min_healthy", {"rolling"}},
    {"min_healthy_time", {"rolling"}},    {"healthy_deadline", {"rolling"}},
    {"watch", {"blue_green", "canary"}},  {"keep", {"blue_green", "canary"}},
    {"retire", {"blue_green", "canary"}}, {"steps", {"canary"}},
};

class StrategyParser {
  public:
    StrategyParser(const Entry& entry, Problems& problems)
        : entry_(entry), fields_(entry.value, fmt::format("the strategy of '{:.40}'", entry.key), problems) {}

    Strategy parse() {
        out_.group = checked_name(entry_.key, entry_.at, fields_.problems());
        out_.at = entry_.at;
        out_.kind = fields_.choice("kind", kKinds);
        out_.traffic = fields_.optional_text("traffic");
        if (fields_.optional("max_attempts") != nullptr)
            out_.max_attempts = fields_.integer("max_attempts", 1, 1, 10);
        out_.progress_deadline = fields_.seconds("progress_deadline", Seconds(0), Seconds(1), 7 * hours(24));
        keys_of_other_kinds();
        absent_hosts();
        batches();
        if (out_.colours()) colours();
        if (out_.kind == "canary") steps();
        standing_still();
        fields_.finish();
        return std::move(out_);
    }

  private:
    // nullptr when it is not there, or is none of this kind's, which is reported apart.
    const Node* own(std::string_view key) {
        const auto it = std::find_if(kOfSomeKinds.begin(), kOfSomeKinds.end(),
                                     [&](const Key& one) { return one.name == key; });
        const bool mine = std::find(it->kinds.begin(), it->kinds.end(), out_.kind) != it->kinds.end();
        return mine ? fields_.optional(key) : nullptr;
    }

    void keys_of_other_kinds() {
        for (const auto& [name, kinds] : kOfSomeKinds) {
            const Node* node = fields_.optional(name);
            if (node == nullptr || std::find(kinds.begin(), kinds.end(), out_.kind) != kinds.end()) continue;
            fields_.problem(
                node->at, fmt::format("{} has no '{}', which '{:.40}' gives it", out_.kind, name, entry_.key),
                fmt::format("Remove it, or use kind: {}", fmt::join(kinds, " or ")));
        }
    }

    void absent_hosts() {
        out_.offline = fields_.optional_choice("offline", {"wait", "skip", "fail"});
        out_.offline_after = fields_.seconds("offline_after", out_.offline_after, Seconds(0), 7 * hours(24));
        out_.quorum = fields_.share("quorum", 10'000);
        const Node* quorum = fields_.optional("quorum");
        if (quorum != nullptr && out_.offline != "skip") {
            fields_.problem(quorum->at, "'quorum' stands without 'offline: skip'",
                            "Add 'offline: skip', or remove 'quorum': every host must be released then");
        }
        if (out_.offline != "skip") return;
        const Position at = fields_.optional("offline")->at;
        if (out_.colours()) {
            fields_.problem(
                at,
                fmt::format("{} cannot skip absent hosts: its colour is switched as a whole, and one "
                            "that comes back would serve the old version",
                            out_.kind),
                "Write 'offline: wait' or 'offline: fail'");
        } else if (quorum == nullptr) {
            fields_.problem(at, "'offline: skip' does not say how many hosts must be released",
                            "Add 'quorum: 90%', or a number of hosts");
        }
    }

    void batches() {
        const Node* batch = own("batch");
        const std::size_t before = fields_.problems().size();
        if (out_.kind == "rolling") {
            out_.batch = fields_.share("batch", 10'000).value_or(out_.batch);
        } else if (batch != nullptr) {
            out_.batch.number = fields_.integer("batch", 1, 1, 10'000);
        }
        out_.batch.at = batch == nullptr ? entry_.at : batch->at;
        if (out_.kind != "rolling") return;
        out_.min_healthy = fields_.percent("min_healthy");
        out_.min_healthy_time = fields_.seconds("min_healthy_time", Seconds(0), Seconds(1), kLongestHold);
        const Node* deadline = fields_.optional("healthy_deadline");
        if (deadline == nullptr) return;
        out_.healthy_deadline = fields_.seconds("healthy_deadline", Seconds(60), Seconds(1), hours(23));
        if (*out_.healthy_deadline <= out_.min_healthy_time && fields_.problems().size() == before) {
            fields_.problem(
                deadline->at,
                fmt::format("'healthy_deadline' ({}) is not longer than 'min_healthy_time' ({})",
                            format_duration(*out_.healthy_deadline), format_duration(out_.min_healthy_time)),
                fmt::format("Write more than {}: a host must become healthy and stay so in this time",
                            format_duration(out_.min_healthy_time)));
        }
    }

    void colours() {
        if (out_.traffic.value.empty()) {
            fields_.problem(entry_.at, fmt::format("{} of '{:.40}' names no traffic", out_.kind, entry_.key),
                            "Add 'traffic: <name>', as the environment's file names it");
        }
        out_.watch = fields_.seconds("watch", Seconds(0), Seconds(1), kLongestHold);
        out_.keep = fields_.seconds("keep", Seconds(0), Seconds(0), 7 * hours(24));
        out_.retire = fields_.boolean("retire", false);
        if (const Node* keep = fields_.optional("keep"); keep != nullptr && !out_.retire) {
            fields_.problem(keep->at, "'keep' stands without 'retire': the old colour is kept for good",
                            "Add 'retire: true', or remove 'keep'");
        }
    }

    void steps() {
        const Node* steps = fields_.required("steps", "Add 'steps: [{percent: 5, pause: 10m}]'");
        if (steps == nullptr) return;
        if (steps->kind != Node::Kind::sequence || steps->items.empty()) {
            fields_.problem(steps->at,
                            fmt::format("'steps' of the strategy of '{:.40}' names none", entry_.key),
                            "Write '[{percent: 5, pause: 10m}, {percent: 50, check: true}]'");
            return;
        }
        for (const auto& item : steps->items) step(item);
        if (out_.steps.empty() || out_.steps.back().percent != 100) {
            out_.steps.push_back({100, Seconds(0), false, steps->at});
        }
    }

    // A lane that must make progress may not be told to stand still for as long.
    void standing_still() {
        const Seconds limit = out_.progress_deadline;
        if (limit == Seconds(0)) return;
        const auto check = [&](Seconds wait, const char* what, const Position& at) {
            if (wait < limit) return;
            fields_.problem(
                at,
                fmt::format("'{}' of '{:.40}' ({}) is not shorter than 'progress_deadline' ({}): it "
                            "would always fail",
                            what, entry_.key, format_duration(wait), format_duration(limit)),
                fmt::format("Write a 'progress_deadline' of more than {}", format_duration(wait)));
        };
        for (const CanaryStep& step : out_.steps) check(step.pause, "pause", step.at);
        check(out_.watch, "watch", out_.at);
        check(out_.keep, "keep", out_.at);
        check(out_.min_healthy_time, "min_healthy_time", out_.at);
    }

    void step(const Node& node) {
        CanaryStep step;
        step.at = node.at;
        Fields fields(node, "a step of the canary", fields_.problems());
        const std::size_t before = fields.problems().size();
        fields.required("percent");
        step.percent = fields.integer("percent", 100, 1, 100);
        step.pause = fields.seconds("pause", Seconds(0), Seconds(1), 7 * hours(24));
        step.check = fields.boolean("check", false);
        fields.finish();
        if (fields.problems().size() != before) return;
        if (!out_.steps.empty() && step.percent <= out_.steps.back().percent) {
            fields.problem(fields.optional("percent")->at,
                           fmt::format("step {}% of '{:.40}' does not rise above {}%, the one before",
                                       step.percent, entry_.key, out_.steps.back().percent),
                           "Write the steps from the smallest share of the traffic to the largest");
            return;
        }
        if (step.percent != 100 && step.pause == Seconds(0) && !step.check) {
            fields.problem(
                node.at,
                fmt::format("step {}% of '{:.40}' has neither a pause nor a check", step.percent, entry_.key),
                "Add 'pause: 10m' or 'check: true', or remove the step");
        }
        out_.steps.push_back(step);
    }

    const Entry& entry_;
    Fields fields_;
    Strategy out_;
};

}  // namespace

std::map<std::string, Strategy> parse_strategies(const Node& node, Problems& problems) {
    std::map<std::string, Strategy> out;
    for (const auto& entry : node.entries) {
        if (entry.key != "barrier") out[entry.key] = StrategyParser(entry, problems).parse();
    }
    return out;
}

}  // namespace signalbox::estate
