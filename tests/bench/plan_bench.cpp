// SPDX-License-Identifier: Apache-2.0
// How long a large release takes to plan, write and read: 10,000 hosts x 3 steps over 40 services.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>

#include "controller/estate/load.hpp"
#include "controller/release/plan/compile.hpp"

namespace signalbox::plan {
namespace {

constexpr int kServices = 40;
constexpr int kHostsOfEach = 250;
constexpr auto kManifest = "releases/all.yaml";

// What the releases of the benchmark are like.
enum class Shape {
    batches,  // ten at a time, services depend on each other in layers
    barrier,  // all are prepared before any switches: the widest join
    canary,   // half of the hosts are idle, behind load balancers
};

struct World {
    estate::Loaded loaded;
    std::vector<Host> hosts;
    std::vector<artifact::ArtifactRecord> artifacts;
};

std::string strategy_of(Shape shape, int service) {
    switch (shape) {
        case Shape::batches:
            return fmt::format("g{}: {{kind: rolling, batch: 10, min_healthy: 90%}}", service);
        case Shape::barrier:
            return fmt::format("g{}: {{kind: in_place, batch: {}}}", service, kHostsOfEach);
        case Shape::canary:
            return fmt::format(
                "g{0}: {{kind: canary, traffic: t{0}, steps: [{{percent: 5, pause: 10m}}, {{percent: 50, "
                "check: "
                "true}}]}}",
                service);
    }
    return {};
}

World make(Shape shape) {
    World world;
    std::vector<estate::SourceFile> files;
    std::string environment =
        "kind: Environment\nname: prod\ntier: test\nthrottle: {max_in_flight: 100}\nhosts:\n";
    std::string traffic = "traffic:\n";
    std::string release = "kind: Release\nname: all\nversion: 1.0.0\npath: [prod]\nservices:\n";
    std::string barrier;
    for (int s = 0; s < kServices; ++s) {
        environment += fmt::format("  g{0}: {{site: dc{1}, select: {{group: g{0}}}}}\n", s, s % 4);
        std::string depends;
        // Layers of eight: each depends on two of the layer before.
        if (s >= 8) depends = fmt::format("depends_on: [s{}, s{}]\n", s - 8, s / 8 * 8 - 8 + (s + 3) % 8);
        files.push_back(
            {fmt::format("services/s{}.yaml", s),
             fmt::format("kind: Service\nname: s{}\nowner: o\nsupport_group: s\ncost_center: c\n"
                         "criticality: low\n{}artifact: {{format: tar}}\nactivate: {{argv: [systemctl, "
                         "restart, \"app-${{host.name}}\"]}}\nhealth: {{http: "
                         "\"http://127.0.0.1:${{host.port}}/healthz\"}}\n",
                         s, depends)});
        const std::string digest = fmt::format("{:064x}", s + 1);
        world.artifacts.push_back({crypto::parse_digest(digest).value(), 1, "tar", Instant{}, ""});
        release += fmt::format(
            "  s{}:\n    version: 1.0.{}\n    commit: abcdef1\n    artifacts: {{app: {{url: "
            "\"blob:sha256:{}\"}}}}\n    strategy:\n      {}\n",
            s, s, digest, strategy_of(shape, s));
        traffic += fmt::format(
            "  t{0}: {{kind: haproxy, socket: /run/h.sock, backend: b{0}, via: s{0}-h0, servers: {{blue: "
            "b{0}, "
            "green: g{0}}}, live: blue}}\n",
            s);
        barrier += fmt::format("{}g{}", s == 0 ? "" : ", ", s);
        for (int h = 0; h < kHostsOfEach; ++h) {
            const std::string name = fmt::format("s{}-h{}", s, h);
            world.hosts.push_back({AgentId(fmt::format("00000000-0000-4000-8000-{:06}{:06}", s, h)),
                                   name,
                                   "prod",
                                   fmt::format("dc{}", s % 4),
                                   {{"group", fmt::format("g{}", s)},
                                    {"port", std::to_string(8000 + h)},
                                    {"color", h % 2 == 0 ? "green" : "blue"}}});
        }
    }
    if (shape == Shape::barrier) release += fmt::format("strategy:\n  barrier: [{}]\n", barrier);
    files.push_back({"environments/prod.yaml", environment + traffic});
    files.push_back({kManifest, release});
    world.loaded = estate::load(files);
    return world;
}

Inputs inputs_of(const World& world) {
    return {ClusterId("bench"),
            1,
            world.loaded.estate,
            "commit",
            kManifest,
            world.hosts,
            world.artifacts,
            {},
            "r",
            ""};
}

Plan plan_of(const Inputs& inputs) {
    estate::Problems problems;
    auto plan = compile(inputs, problems);
    if (plan) return *std::move(plan);
    fmt::print(stderr, "{}\n", plan.error().to_string());
    std::abort();
}

void sizes(benchmark::State& state, const Plan& plan, std::size_t bytes) {
    const auto& stage = plan.environments.at(0);
    std::size_t edges = 0;
    for (const auto* list : {&stage.steps, &stage.undo}) {
        for (const auto& step : *list) edges += step.needs.size() + step.after.size();
    }
    for (const auto* joins : {&stage.joins, &stage.undo_joins}) {
        for (const auto& [name, steps] : *joins) edges += steps.size();
    }
    state.counters["steps"] = static_cast<double>(stage.steps.size());
    state.counters["undo"] = static_cast<double>(stage.undo.size());
    state.counters["edges"] = static_cast<double>(edges);
    state.counters["bytes"] = static_cast<double>(bytes);
}

void compile_plan(benchmark::State& state, Shape shape) {
    const World world = make(shape);
    const Inputs inputs = inputs_of(world);
    for (auto _ : state) benchmark::DoNotOptimize(plan_of(inputs));
    const Plan plan = plan_of(inputs);
    sizes(state, plan, serialize(plan).size());
}

void serialize_plan(benchmark::State& state, Shape shape) {
    const World world = make(shape);
    const Plan plan = plan_of(inputs_of(world));
    for (auto _ : state) benchmark::DoNotOptimize(plan_digest(serialize(plan)));
}

void parse(benchmark::State& state, Shape shape) {
    const World world = make(shape);
    const std::string bytes = serialize(plan_of(inputs_of(world)));
    for (auto _ : state) {
        auto plan = parse_plan(bytes);
        if (!plan) state.SkipWithError(plan.error().message().c_str());
        benchmark::DoNotOptimize(plan);
    }
}

#define SIGNALBOX_PLAN_BENCHMARKS(shape)                                                   \
    BENCHMARK_CAPTURE(compile_plan, shape, Shape::shape)->Unit(benchmark::kMillisecond);   \
    BENCHMARK_CAPTURE(serialize_plan, shape, Shape::shape)->Unit(benchmark::kMillisecond); \
    BENCHMARK_CAPTURE(parse, shape, Shape::shape)->Unit(benchmark::kMillisecond)

SIGNALBOX_PLAN_BENCHMARKS(batches);
SIGNALBOX_PLAN_BENCHMARKS(barrier);
SIGNALBOX_PLAN_BENCHMARKS(canary);

}  // namespace
}  // namespace signalbox::plan

BENCHMARK_MAIN();
