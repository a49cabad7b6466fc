// SPDX-License-Identifier: Apache-2.0
// The planner's promises on random estates. A failure prints the seed; set it below to run that case alone.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "controller/estate/load.hpp"
#include "controller/release/plan/compile.hpp"

namespace signalbox::plan {
namespace {

using Seed = unsigned;

struct World {
    std::vector<estate::SourceFile> files;
    std::vector<Host> hosts;
    std::vector<Placement> placements;
    int batch_of_g0 = 1;
};

class Maker {
  public:
    explicit Maker(Seed seed) : random_(seed) {}

    World make() {
        World world;
        const int groups = pick(1, 4);
        std::string environment =
            "kind: Environment\nname: prod\ntier: test\nthrottle: {max_in_flight: 3}\nhosts:\n";
        std::string traffic = "traffic:\n";
        std::string strategy;
        std::vector<std::string> names;
        for (int g = 0; g < groups; ++g) {
            const std::string group = fmt::format("g{}", g);
            names.push_back(group);
            const bool colours = pick(0, 1) == 1;
            const bool balanced = colours || pick(0, 1) == 1;
            environment += fmt::format("  {}: {{site: s, select: {{group: {}}}}}\n", group, group);
            std::string servers;
            const int count = pick(1, 6);
            for (int h = 0; h < count; ++h) {
                const std::string host = fmt::format("{}-h{}", group, h);
                Host made{AgentId("id-" + host), host, "prod", "s", {{"group", group}}};
                // The idle colour (green, when blue is live) is never empty.
                made.labels["color"] = h == 0 || pick(0, 1) == 1 ? "green" : "blue";
                world.hosts.push_back(made);
                servers += fmt::format("{}{}: srv-{}", h == 0 ? "" : ", ", host, host);
            }
            if (balanced) {
                traffic += fmt::format(
                    "  t{}: {{kind: haproxy, socket: /run/h.sock, backend: b{}, via: g0-h0, ", g, g);
                traffic += colours ? fmt::format("servers: {{blue: b{}, green: g{}}}, live: blue}}\n", g, g)
                                   : fmt::format("servers: {{{}}}}}\n", servers);
            }
            const int batch = pick(1, 4);
            if (g == 0) world.batch_of_g0 = colours ? 0 : batch;
            strategy += fmt::format("  {}: {{kind: {}{}{}}}\n", group, colours ? "blue_green" : "in_place",
                                    colours ? "" : fmt::format(", batch: {}", batch),
                                    balanced ? fmt::format(", traffic: t{}", g) : "");
        }
        std::shuffle(names.begin(), names.end(), random_);
        if (pick(0, 3) > 0) {
            names.resize(static_cast<std::size_t>(pick(1, groups)));
            strategy += fmt::format("  barrier: [{}]\n", fmt::join(names, ", "));
        }
        world.files.push_back(
            {"environments/prod.yaml", environment + (traffic == "traffic:\n" ? "" : traffic)});
        std::string service =
            "kind: Service\nname: app\nowner: o\nsupport_group: s\ncost_center: c\ncriticality: low\n"
            "artifact: {format: tar}\nactivate: {argv: [restart]}\nhealth: {argv: [check]}\n";
        if (pick(0, 1) == 1) {
            service +=
                "commands:\n  pre: {when: before, argv: [pre], undo: [unpre]}\n"
                "  post: {when: after, argv: [post], undo: [unpost]}\n";
        }
        world.files.push_back({"services/app.yaml", service});
        world.files.push_back({"releases/app.yaml",
                               fmt::format("kind: Release\nservice: app\nversion: 1.0.0\ncommit: abcdef1\n"
                                           "artifacts: {{app: {{url: \"blob:sha256:{}\"}}}}\npath: [prod]\n"
                                           "strategy:\n{}",
                                           std::string(64, '2'), strategy)});
        return world;
    }
    void shuffle(std::vector<Host>& hosts) { std::shuffle(hosts.begin(), hosts.end(), random_); }

  private:
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    std::mt19937 random_;
};

Plan plan_of(const World& world) {
    const auto loaded = estate::load(world.files);
    estate::Problems problems = loaded.problems;
    auto plan = compile({ClusterId("c"),
                         1,
                         loaded.estate,
                         "e",
                         "releases/app.yaml",
                         world.hosts,
                         {{crypto::parse_digest(std::string(64, '2')).value(), 1, "tar", Instant{}, ""}},
                         world.placements,
                         "r",
                         ""},
                        problems);
    for (const auto& problem : problems) ADD_FAILURE() << estate::to_string(problem);
    return plan ? *plan : Plan{};
}

// Everything that must be over before a step, through any number of edges.
std::map<StepId, std::set<StepId>> closure(const std::vector<PlanStep>& steps, const PlanJoins& joins) {
    std::map<StepId, std::set<StepId>> before;
    for (const auto& step : steps) {
        auto& mine = before[step.id];
        auto needs = step.needs;
        for (const auto& name : step.after)
            needs.insert(needs.end(), joins.at(name).begin(), joins.at(name).end());
        for (const auto& need : needs) {
            mine.insert(need);
            const auto it = before.find(need);
            EXPECT_NE(it, before.end()) << step.id << " needs the later " << need;
            if (it != before.end()) mine.insert(it->second.begin(), it->second.end());
        }
    }
    return before;
}

bool undoable(const PlanStep& step) {
    return step.kind == "release.activate" || step.kind == "traffic.shift" || step.kind == "command.run";
}

void barrier_holds(const PlanEnvironment& stage) {
    const auto before = closure(stage.steps, stage.joins);
    const auto place = [&](const PlanStep& step) {
        return std::find(stage.barrier.begin(), stage.barrier.end(), step.group) - stage.barrier.begin();
    };
    const auto outside = static_cast<std::ptrdiff_t>(stage.barrier.size());
    for (const auto& later : stage.steps) {
        for (const auto& earlier : stage.steps) {
            if (place(later) == outside || place(earlier) == outside) continue;
            const bool across_phases = later.phase > earlier.phase;
            const bool switch_order = later.phase == Phase::switch_over &&
                                      earlier.phase == Phase::switch_over && place(later) > place(earlier);
            if (across_phases || switch_order) {
                EXPECT_TRUE(before.at(later.id).contains(earlier.id))
                    << later.id << " does not wait for " << earlier.id;
            }
        }
    }
}

void undo_covers_and_reverses(const PlanEnvironment& stage) {
    const auto before = closure(stage.steps, stage.joins);
    const auto before_undo = closure(stage.undo, stage.undo_joins);
    std::map<StepId, StepId> undo_of;
    for (const auto& undo : stage.undo) {
        EXPECT_TRUE(undo_of.emplace(undo.undo_of, undo.id).second) << undo.undo_of << " is undone twice";
    }
    for (const auto& step : stage.steps) {
        EXPECT_EQ(undo_of.contains(step.id), undoable(step)) << step.id;
        for (const auto& earlier : before.at(step.id)) {
            if (!undo_of.contains(step.id) || !undo_of.contains(earlier)) continue;
            EXPECT_TRUE(before_undo.at(undo_of.at(earlier)).contains(undo_of.at(step.id)))
                << "the undo of " << earlier << " does not wait for the undo of " << step.id;
        }
    }
}

// No two hosts of one in-place group are out of service together unless they are in one batch.
void batches_hold(const PlanEnvironment& stage, int batch) {
    if (batch == 0) return;
    const auto before = closure(stage.steps, stage.joins);
    std::vector<StepId> activations;
    for (const auto& step : stage.steps) {
        if (step.group == "g0" && step.kind == "release.activate") activations.push_back(step.id);
    }
    for (const auto& one : activations) {
        const auto together = std::count_if(activations.begin(), activations.end(), [&](const StepId& other) {
            return !before.at(one).contains(other) && !before.at(other).contains(one);
        });
        EXPECT_LE(together, batch) << one;
    }
}

TEST(PlannerProperties, hold_on_random_estates) {
    for (Seed seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        Maker maker(seed);
        World world = maker.make();
        const Plan plan = plan_of(world);
        ASSERT_EQ(plan.environments.size(), 1U);
        const PlanEnvironment& stage = plan.environments[0];
        barrier_holds(stage);
        undo_covers_and_reverses(stage);
        batches_hold(stage, world.batch_of_g0);
        const std::string bytes = serialize(plan);
        maker.shuffle(world.hosts);
        ASSERT_EQ(serialize(plan_of(world)), bytes);
        const auto again = parse_plan(bytes);
        ASSERT_TRUE(again) << again.error().to_string();
        ASSERT_EQ(*again, plan);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace signalbox::plan
