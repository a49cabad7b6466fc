// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/stage_builder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/estate/rules.hpp"
#include "controller/estate/template.hpp"
#include "controller/release/plan/undo.hpp"

namespace signalbox::plan {
namespace {

using std::chrono::seconds;

constexpr seconds kStageDeadline{600};
// Above what a check or a drain may take by itself: for starting, reporting and the last try.
constexpr seconds kMargin{15};
constexpr int kRepeatable = 3;  // attempts of what may be done again at any time
constexpr int kOnce = 1;

Weights weights(const std::vector<std::string>& servers, int weight, Weights out = {}) {
    for (const auto& server : servers) out[server] = weight;
    return out;
}

}  // namespace

StageBuilder::StageBuilder(const estate::Release& release, const estate::Service& service,
                           const estate::Environment& environment, const ArtifactRef& artifact,
                           estate::Problems& problems)
    : release_(release),
      service_(service),
      environment_(environment),
      artifact_(artifact),
      problems_(problems),
      actions_(service.name) {}

PlanEnvironment StageBuilder::build(const std::vector<Lane>& lanes) && {
    PlanEnvironment out;
    out.name = environment_.name;
    out.tier = environment_.tier;
    if (environment_.promotes_from) out.promotes_from = environment_.promotes_from->value;
    out.max_in_flight = environment_.max_in_flight;

    std::vector<Progress> all;
    for (const auto& lane : lanes) {
        all.push_back({&lane, {}, {}, {}});
        PlanGroup group{lane.strategy->group, lane.strategy->kind, {}, 0, lane.live, lane.idle};
        for (const auto* host : lane.hosts) group.hosts.push_back(host->name);
        if (!lane.blue_green()) group.batch = lane.strategy->batch;
        out.groups.push_back(std::move(group));
        if (lane.in_barrier) out.barrier.push_back(lane.strategy->group);
    }

    Ids barrier;  // what the next group of the barrier waits for
    for (auto& at : all) {
        prepare(at);
        if (at.lane->in_barrier) barrier.insert(barrier.end(), at.prepared.begin(), at.prepared.end());
    }
    for (auto& at : all) {
        const Ids gate = at.lane->in_barrier ? barrier : at.prepared;
        if (at.lane->blue_green()) {
            switch_colours(at, gate);
        } else {
            switch_in_place(at, at.lane->in_barrier ? gate : Ids{});
        }
        if (at.lane->in_barrier) barrier = at.switched;
    }
    for (auto& at : all) {
        // In place and alone, each batch was checked before the next: there is nothing left to see.
        if (at.lane->in_barrier || at.lane->blue_green())
            verify(at, at.lane->in_barrier ? barrier : at.switched);
    }
    out.undo = order_undo(steps_, std::move(undo_));
    out.steps = std::move(steps_);
    return out;
}

void StageBuilder::prepare(Progress& at) {
    const Lane& lane = *at.lane;
    for (const auto* host : lane.hosts) {
        const StepId staged = stage(lane, *host, {});
        if (lane.blue_green()) {
            at.prepared.push_back(install(lane, *host, Phase::prepare, {staged}));
        } else {
            at.staged[host->name] = {staged};
            at.prepared.push_back(staged);
        }
    }
}

void StageBuilder::switch_in_place(Progress& at, const Ids& gate) {
    const Lane& lane = *at.lane;
    const auto batch = static_cast<std::size_t>(lane.strategy->batch);
    Ids before = gate;
    for (std::size_t i = 0; i < lane.hosts.size(); i += batch) {
        Ids done;
        for (std::size_t j = i; j < std::min(i + batch, lane.hosts.size()); ++j) {
            const Host& host = *lane.hosts[j];
            Ids needs = before;
            const StepId& staged = at.staged[host.name].front();
            if (std::find(needs.begin(), needs.end(), staged) == needs.end()) needs.push_back(staged);
            if (lane.traffic == nullptr) {
                done.push_back(install(lane, host, Phase::switch_over, std::move(needs)));
                continue;
            }
            const auto servers = lane.traffic->servers.find(host.name);
            if (servers == lane.traffic->servers.end()) continue;  // reported when the lane was made
            const Weights out = weights(servers->second, 0);
            const Weights in = weights(servers->second, lane.traffic->weight);
            const StepId drained = weigh(lane, "drain-" + host.name, out, in, "", "", std::move(needs));
            const StepId installed = install(lane, host, Phase::switch_over, {drained});
            done.push_back(weigh(lane, "undrain-" + host.name, in, out, "", "", {installed}));
        }
        before = std::move(done);
    }
    at.switched = std::move(before);
}

void StageBuilder::switch_colours(Progress& at, const Ids& gate) {
    const Lane& lane = *at.lane;
    const auto& servers = lane.traffic->servers;
    const auto live = servers.find(lane.live);
    const auto idle = servers.find(lane.idle);
    if (live == servers.end() || idle == servers.end()) return;  // reported by the estate's check
    const int weight = lane.traffic->weight;
    const Weights before = weights(idle->second, 0, weights(live->second, weight));
    const Weights after = weights(idle->second, weight, weights(live->second, 0));
    at.switched = {weigh(lane, "shift-" + lane.strategy->group, after, before, lane.idle, lane.live, gate)};
}

void StageBuilder::verify(Progress& at, const Ids& gate) {
    for (const auto* host : at.lane->hosts) check(*at.lane, *host, Phase::verify, "verify", gate);
}

StepId StageBuilder::install(const Lane& lane, const Host& host, Phase phase, Ids needs) {
    StepId last;
    const auto commands = [&](estate::Command::When when) {
        for (const auto& one : service_.commands) {
            if (one.when != when) continue;
            last = command(lane, host, phase, one, std::move(needs));
            needs = {last};
        }
    };
    commands(estate::Command::When::before);
    const Words argv = expand(host, service_.activate);
    last = add(lane, host, phase, "activate",
               actions_.activate(artifact_, argv, service_.activate_user, limit(service_.activate_within)),
               kOnce, std::move(needs));
    add_undo(last, actions_.revert(last, argv, service_.activate_user, service_.activate_within),
             kRepeatable);
    last = check(lane, host, phase, "check", {last});
    needs = {last};
    commands(estate::Command::When::after);
    return last;
}

StepId StageBuilder::stage(const Lane& lane, const Host& host, Ids needs) {
    const StepId id = add(lane, host, Phase::prepare, "stage",
                          actions_.stage(artifact_, limit(kStageDeadline)), kRepeatable, std::move(needs));
    steps_.back().artifacts = {artifact_};
    return id;
}

StepId StageBuilder::check(const Lane& lane, const Host& host, Phase phase, const std::string& name,
                           Ids needs) {
    const estate::HealthCheck& health = *service_.health;
    const std::string url = health.http ? expand(host, *health.http) : "";
    const std::string contains = health.http ? expand(host, health.contains) : "";
    return add(
        lane, host, phase, name,
        actions_.check(health, url, contains, expand(host, health.argv), limit(health.within + kMargin)),
        kRepeatable, std::move(needs));
}

StepId StageBuilder::command(const Lane& lane, const Host& host, Phase phase, const estate::Command& one,
                             Ids needs) {
    const StepId id = add(lane, host, phase, "run-" + one.name,
                          actions_.run(expand(host, one.argv), one.user, one.env, limit(one.within)), kOnce,
                          std::move(needs));
    if (!one.undo.empty()) {
        add_undo(id, actions_.run(expand(host, one.undo), one.user, one.env, one.within), kOnce);
    }
    return id;
}

StepId StageBuilder::weigh(const Lane& lane, const std::string& name, const Weights& to, const Weights& from,
                           const std::string& live_after, const std::string& live_before, Ids needs) {
    if (lane.via == nullptr) return {};  // reported when the lane was made
    const auto deadline = lane.traffic->drain + kMargin;
    const std::string socket = expand(*lane.via, lane.traffic->socket);
    if (const auto error = estate::check_socket_path(socket); error && !socket.empty()) {
        problems_.push_back({lane.traffic->socket.at,
                             fmt::format("{} (for the host '{}')", error->message(), lane.via->name),
                             error->remedy()});
    }
    const StepId id =
        add(lane, *lane.via, Phase::switch_over, name,
            actions_.shift(*lane.traffic, socket, to, from, limit(deadline)), kOnce, std::move(needs));
    steps_.back().makes_live = live_after;
    add_undo(id, actions_.shift(*lane.traffic, socket, from, {}, deadline), kRepeatable);
    undo_.at(id).makes_live = live_before;
    return id;
}

StepId StageBuilder::add(const Lane& lane, const Host& host, Phase phase, const std::string& name,
                         Action action, int max_attempts, Ids needs) {
    PlanStep step;
    step.id = StepId(fmt::format("{}/{}/{}", environment_.name, host.name, name));
    step.agent_id = host.agent_id;
    step.host = host.name;
    step.group = lane.strategy->group;
    step.phase = phase;
    step.kind = action.kind;
    step.action_sha256 = crypto::sha256(action.bytes);
    step.action = std::move(action.bytes);
    step.deadline = action.deadline;
    step.max_attempts = lane.strategy->max_attempts.value_or(max_attempts);
    step.needs = std::move(needs);
    steps_.push_back(std::move(step));
    return steps_.back().id;
}

void StageBuilder::add_undo(const StepId& of, Action action, int max_attempts) {
    const PlanStep& forward = steps_.back();
    PlanStep step = forward;
    step.id = StepId(of.str() + "!undo");
    step.kind = action.kind;
    step.action_sha256 = crypto::sha256(action.bytes);
    step.action = std::move(action.bytes);
    step.deadline = action.deadline;
    step.max_attempts = max_attempts;
    step.artifacts.clear();
    step.needs.clear();
    step.undo_of = of;
    undo_.emplace(of, std::move(step));
}

std::string StageBuilder::expand(const Host& host, const estate::Located<std::string>& text) {
    const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
        if (name == "host.name") return host.name;
        if (name == "release.version") return release_.version;
        if (name == "service.name") return service_.name;
        if (!name.starts_with("host.")) return std::nullopt;
        const auto label = host.labels.find(std::string(name.substr(5)));
        return label == host.labels.end() ? std::nullopt : std::optional(label->second);
    };
    auto out = estate::expand(text.value, lookup);
    if (out) return *std::move(out);
    problems_.push_back({text.at, fmt::format("{} (for the host '{}')", out.error().message(), host.name),
                         out.error().remedy()});
    return {};
}

Words StageBuilder::expand(const Host& host, const estate::Argv& argv) {
    Words out;
    for (const auto& word : argv) out.push_back(expand(host, word));
    return out;
}

seconds StageBuilder::limit(seconds deadline) const {
    return release_.step_deadline ? std::min(deadline, *release_.step_deadline) : deadline;
}

}  // namespace signalbox::plan
