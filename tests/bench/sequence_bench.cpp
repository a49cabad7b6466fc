// SPDX-License-Identifier: Apache-2.0
// A release of 40 services on 10,000 hosts, three steps each, through the sequencer from its start to its
// end: hosts that answer at once, so that what is measured is the deciding. Beside it, in the same run, the
// least that any engine with a ledger has to do for such an event: the SHA-256 of its entry.
#include <benchmark/benchmark.h>

#include <deque>
#include <memory>
#include <string>

#include "common/crypto/digest.hpp"
#include "common/json/json.hpp"
#include "controller/release/sequence/sequence.hpp"

namespace signalbox::sequence {
namespace {

constexpr int kServices = 40;
constexpr int kHosts = 250;  // of each service
constexpr int kInFlight = 200;

StepSpec make_step(const std::string& service, const std::string& host, const std::string& kind,
                   std::vector<StepId> needs) {
    StepSpec out;
    out.id = StepId("production/" + host + "/" + kind);
    out.agent = AgentId("agent-" + host);
    out.host = out.target = host;
    out.service = service;
    out.group = "web";
    out.site = "dc1";
    out.kind = kind;
    out.deadline_s = 60;
    out.max_attempts = 3;
    out.needs = std::move(needs);
    return out;
}

std::shared_ptr<const ReleaseSpec> make_spec(Instant start) {
    StageSpec stage;
    stage.name = "production";
    stage.caps["environment:production"] = {kInFlight, kInFlight, kInFlight, {}};
    for (int s = 0; s < kServices; ++s) {
        const std::string service = "service-" + std::to_string(s);
        LaneSpec lane{service, "web", {}, Offline::wait, 0, 0, 0};
        for (int h = 0; h < kHosts; ++h) {
            const std::string host = service + "-" + std::to_string(h);
            lane.hosts.push_back(host);
            stage.steps.push_back(make_step(service, host, "artifact.stage", {}));
            stage.steps.push_back(make_step(service, host, "release.activate", {stage.steps.back().id}));
            StepSpec undo = make_step(service, host, "release.revert", {});
            undo.undo_of = stage.steps.back().id;
            stage.undo.push_back(std::move(undo));
            stage.steps.push_back(make_step(service, host, "health.check", {stage.steps.back().id}));
        }
        stage.lanes.push_back(std::move(lane));
    }
    ReleaseSpec spec;
    spec.id = ReleaseId("friday-1.0.0-1");
    spec.counter = 1;
    spec.name = "friday";
    spec.plan_sha256 = std::string(64, 'a');
    spec.created = spec.not_before = start;
    spec.not_after = spec.undo_not_after = start + std::chrono::hours(24);
    spec.stages.push_back(std::move(stage));
    return std::make_shared<const ReleaseSpec>(std::move(spec));
}

// Feeds events and answers every order at once, until nothing is left to do.
class Run {
  public:
    explicit Run(std::shared_ptr<const ReleaseSpec> spec) : spec_(std::move(spec)), now_(spec_->not_before) {}

    std::size_t play() {
        feed(ReleaseStarted{spec_});
        for (const AgentId& agent : state_.releases.begin()->second.index->agents())
            feed(AgentSeen{agent, true});
        feed(GatesJudged{
            spec_->id, "production", spec_->plan_sha256, {{"approval", GateOutcome::pass, "", "", ""}}});
        while (!orders_.empty()) {
            const Dispatch order = orders_.front();
            orders_.pop_front();
            feed(TokenMinted{order.release,
                             order.step,
                             order.attempt,
                             "jti",
                             "",
                             now_ + std::chrono::minutes(5),
                             false,
                             {}});
            feed(StepReported{order.release, order.step, order.attempt, Report::started, "", ""});
            feed(StepReported{order.release, order.step, order.attempt, Report::finished, "ok", ""});
        }
        return events_;
    }
    [[nodiscard]] bool succeeded() const {
        return state_.releases.begin()->second.status() == ReleaseStatus::succeeded;
    }

  private:
    void feed(const Event& event) {
        now_ += std::chrono::milliseconds(1);
        Outcome outcome = step(state_, event, now_);
        state_ = std::move(outcome.state);
        ++events_;
        for (const Effect& effect : outcome.effects) {
            if (const auto* order = std::get_if<Dispatch>(&effect)) orders_.push_back(*order);
        }
    }

    std::shared_ptr<const ReleaseSpec> spec_;
    Instant now_;
    State state_;
    std::deque<Dispatch> orders_;
    std::size_t events_ = 0;
};

void ReleaseOfTenThousandHosts(benchmark::State& bench) {
    const auto spec = make_spec(from_unix_seconds(1'800'000'000));
    std::size_t events = 0;
    for (auto _ : bench) {
        Run run(spec);
        events += run.play();
        if (!run.succeeded()) bench.SkipWithError("the release did not succeed");
    }
    bench.counters["steps"] = static_cast<double>(spec->stages[0].steps.size());
    bench.counters["events"] =
        benchmark::Counter(static_cast<double>(events), benchmark::Counter::kAvgIterations);
    bench.counters["events/s"] = benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}
BENCHMARK(ReleaseOfTenThousandHosts)->Unit(benchmark::kMillisecond)->Iterations(1);

// The physical floor for one event: its entry as canonical JSON, hashed.
void EntryOfOneEvent(benchmark::State& bench) {
    const Event event = StepReported{ReleaseId("friday-1.0.0-1"),
                                     StepId("production/service-1-1/health.check"),
                                     1,
                                     Report::finished,
                                     "ok",
                                     ""};
    for (auto _ : bench) {
        benchmark::DoNotOptimize(
            crypto::sha256(json::canonical(to_json(event, from_unix_seconds(1'800'000'000)))));
    }
    bench.counters["events/s"] =
        benchmark::Counter(static_cast<double>(bench.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(EntryOfOneEvent)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace signalbox::sequence

BENCHMARK_MAIN();
