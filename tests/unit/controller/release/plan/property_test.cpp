// SPDX-License-Identifier: Apache-2.0
// The planner's promises on random estates. A failure prints the seed; set it below to run that case alone.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/controller/release/plan/random_world.hpp"

namespace signalbox::plan {
namespace {

constexpr unsigned kSeeds = 300;

Plan plan_of(const RandomWorld& world) {
    const auto loaded = estate::load(world.files);
    estate::Problems problems = loaded.problems;
    auto plan = compile({ClusterId("c"),
                         1,
                         loaded.estate,
                         "e",
                         "releases/all.yaml",
                         world.hosts,
                         world.artifacts,
                         {},
                         "r",
                         ""},
                        problems);
    for (const auto& problem : problems) ADD_FAILURE() << estate::to_string(problem);
    return plan ? *plan : Plan{};
}

// A stage with what must be over before each step, through any number of edges.
struct Stage {
    explicit Stage(const PlanEnvironment& from)
        : plan(from),
          before(closure(from.steps, from.joins)),
          before_undo(closure(from.undo, from.undo_joins)) {}

    using Before = std::map<StepId, std::set<StepId>>;
    const PlanEnvironment& plan;
    Before before, before_undo;

    [[nodiscard]] bool waits(const PlanStep& later, const PlanStep& earlier) const {
        return before.at(later.id).contains(earlier.id);
    }

  private:
    static Before closure(const std::vector<PlanStep>& steps, const PlanJoins& joins) {
        Before out;
        for (const auto& step : steps) {
            std::set<StepId> needs(step.needs.begin(), step.needs.end());
            for (const auto& name : step.after) needs.insert(joins.at(name).begin(), joins.at(name).end());
            auto& mine = out[step.id];
            for (const auto& need : needs) {
                mine.insert(need);
                const auto it = out.find(need);
                EXPECT_NE(it, out.end()) << step.id << " needs the later " << need;
                if (it != out.end()) mine.insert(it->second.begin(), it->second.end());
            }
        }
        return out;
    }
};

std::string lane_of(const PlanStep& step) {
    return step.service + "/" + step.group;
}

bool undoable(const PlanStep& step) {
    return step.kind == "release.activate" || step.kind == "traffic.shift" || step.kind == "command.run";
}

// Nobody switches before everybody is prepared, nobody is verified before everybody has switched; a service's
// groups switch in the barrier's order.
void barrier_holds(const Stage& stage) {
    const auto& order = stage.plan.barrier;
    const auto place = [&](const PlanStep& step) {
        return std::find(order.begin(), order.end(), step.group) - order.begin();
    };
    if (order.empty()) return;
    for (const auto& later : stage.plan.steps) {
        for (const auto& earlier : stage.plan.steps) {
            const bool across_phases = later.phase > earlier.phase;
            const bool in_order = later.service == earlier.service && later.phase == Phase::switch_over &&
                                  earlier.phase == Phase::switch_over && place(later) > place(earlier);
            if (across_phases || in_order) {
                EXPECT_TRUE(stage.waits(later, earlier)) << later.id << " does not wait for " << earlier.id;
            }
        }
    }
}

// Every switch step of a service waits for every switch step of what it depends on; so does what it installs
// before, unless a barrier holds them together.
void dependencies_hold(const Stage& stage, const RandomWorld& world) {
    for (const auto& later : stage.plan.steps) {
        const bool installs =
            later.phase == Phase::prepare && later.kind == "release.activate" && world.barrier.empty();
        if (later.phase != Phase::switch_over && !installs) continue;
        const auto& needed = world.depends.at(later.service);
        for (const auto& earlier : stage.plan.steps) {
            if (earlier.phase != Phase::switch_over || !needed.contains(earlier.service)) continue;
            EXPECT_TRUE(stage.waits(later, earlier)) << later.id << " does not wait for " << earlier.id;
        }
    }
}

// Lanes of services that do not depend on each other do not wait for each other, but for a barrier.
void independent_lanes_are_parallel(const Stage& stage, const RandomWorld& world) {
    const auto depends = [&](const PlanStep& a, const PlanStep& b) {
        return world.depends.at(a.service).contains(b.service);
    };
    for (const auto& later : stage.plan.steps) {
        for (const auto& earlier : stage.plan.steps) {
            if (lane_of(later) == lane_of(earlier) || depends(later, earlier)) continue;
            if (!world.barrier.empty() && (later.phase != earlier.phase || later.service == earlier.service))
                continue;
            if (later.phase == Phase::verify && !world.barrier.empty()) continue;  // retiring waits for all
            EXPECT_FALSE(stage.waits(later, earlier)) << later.id << " waits for " << earlier.id;
        }
    }
}

// The undo of a step waits for the undo of exactly what was built on it.
void undo_is_the_reverse(const Stage& stage) {
    std::map<StepId, StepId> undo_of;
    for (const auto& undo : stage.plan.undo) {
        EXPECT_TRUE(undo_of.emplace(undo.undo_of, undo.id).second) << undo.undo_of << " is undone twice";
        EXPECT_EQ(undo.delay, std::chrono::seconds(0));
    }
    for (const auto& later : stage.plan.steps) {
        EXPECT_EQ(undo_of.contains(later.id), undoable(later)) << later.id;
        if (!undoable(later)) continue;
        for (const auto& earlier : stage.plan.steps) {
            if (!undoable(earlier)) continue;
            const bool reversed = stage.before_undo.at(undo_of.at(earlier.id)).contains(undo_of.at(later.id));
            EXPECT_EQ(reversed, stage.waits(later, earlier))
                << "the undo of " << earlier.id << " and the undo of " << later.id;
        }
    }
}

// No more hosts of a lane are out of service at once than its batch.
void batches_hold(const Stage& stage) {
    for (const auto& group : stage.plan.groups) {
        std::vector<const PlanStep*> changes;
        for (const auto& step : stage.plan.steps) {
            if (lane_of(step) == group.service + "/" + group.name && step.kind == "release.activate")
                changes.push_back(&step);
        }
        EXPECT_EQ(changes.size(), group.hosts.size());
        if (group.batch == 0) continue;
        for (const auto* one : changes) {
            const auto together = std::count_if(changes.begin(), changes.end(), [&](const PlanStep* other) {
                return !stage.waits(*one, *other) && !stage.waits(*other, *one);
            });
            EXPECT_LE(together, group.batch) << one->id;
        }
    }
}

// A colour becomes live with the last shift of its lane and with no other step; what a shift finds is what
// the one before it made, and its undo makes that again.
void colours_move_once(const Stage& stage, const RandomWorld& world) {
    std::map<std::string, std::vector<const PlanStep*>> shifts;
    for (const auto& step : stage.plan.steps) {
        if (step.kind == "traffic.shift" && world.colours.contains(lane_of(step)))
            shifts[lane_of(step)].push_back(&step);
        EXPECT_EQ(step.pool.empty(), step.kind != "traffic.shift");
    }
    EXPECT_EQ(shifts.size(), world.colours.size());
    for (const auto& [lane, steps] : shifts) {
        for (std::size_t i = 0; i < steps.size(); ++i) {
            EXPECT_EQ(steps[i]->makes_live, i + 1 == steps.size() ? "green" : "") << steps[i]->id;
            EXPECT_TRUE(i == 0 || stage.waits(*steps[i], *steps[i - 1])) << steps[i]->id;
        }
    }
}

void edges_are_few(const Stage& stage) {
    std::size_t edges = 0;
    for (const auto& step : stage.plan.steps) edges += step.needs.size() + step.after.size();
    for (const auto& [name, steps] : stage.plan.joins) edges += steps.size();
    EXPECT_LE(edges, 8 * stage.plan.steps.size() + 100);
}

TEST(PlannerProperties, hold_on_random_estates) {
    for (unsigned seed = 1; seed <= kSeeds; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        WorldMaker maker(seed);
        RandomWorld world = maker.make();
        const Plan plan = plan_of(world);
        ASSERT_EQ(plan.environments.size(), 1U);
        const Stage stage(plan.environments[0]);
        barrier_holds(stage);
        dependencies_hold(stage, world);
        independent_lanes_are_parallel(stage, world);
        undo_is_the_reverse(stage);
        batches_hold(stage);
        colours_move_once(stage, world);
        edges_are_few(stage);
        for (std::size_t i = 0; i < plan.services.size(); ++i) {
            for (std::size_t j = i + 1; j < plan.services.size(); ++j)
                EXPECT_FALSE(world.depends.at(plan.services[i].name).contains(plan.services[j].name));
        }
        if (HasFailure()) return;
    }
}

TEST(PlannerProperties, the_same_inputs_in_any_order_give_the_same_bytes_which_read_back) {
    for (unsigned seed = 1; seed <= kSeeds; ++seed) {
        SCOPED_TRACE(fmt::format("seed {}", seed));
        WorldMaker maker(seed);
        RandomWorld world = maker.make();
        const Plan plan = plan_of(world);
        const std::string bytes = serialize(plan);
        maker.shuffle(world.hosts);
        maker.shuffle(world.files);
        maker.shuffle(world.artifacts);
        ASSERT_EQ(serialize(plan_of(world)), bytes);
        const auto again = parse_plan(bytes);
        ASSERT_TRUE(again) << again.error().to_string();
        ASSERT_EQ(*again, plan);
    }
}

}  // namespace
}  // namespace signalbox::plan
