// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/step_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/estate/rules.hpp"
#include "controller/estate/template.hpp"

namespace signalbox::plan {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kStageDeadline{600};
// Above what a check or a drain may take by itself: for starting, reporting and the last try.
constexpr seconds kMargin{15};
constexpr int kRepeatable = 3;  // attempts of what may be done again at any time
constexpr int kOnce = 1;
// A check that must hold for long looks so often at most: the looks themselves take time, too.
constexpr int kMostLooks = 100;

}  // namespace

StepWriter::StepWriter(const Context& context, const Lane& lane)
    : context_(context),
      lane_(lane),
      service_(*lane.part.service),
      actions_(service_.name),
      prefix_(context.release.services.size() > 1 ? service_.name + ":" : "") {}

Ends StepWriter::ends(StepIds steps, const std::string& name) const {
    return {std::move(steps), fmt::format("{}/{}", lane_.name(), name)};
}

StepId StepWriter::stage(const Host& host, Waits waits) {
    StepId id = add(host, Phase::prepare, "stage", actions_.stage(context_.artifact, limit(kStageDeadline)),
                    kRepeatable, std::move(waits));
    context_.draft.steps.back().artifacts = {context_.artifact};
    return id;
}

StepId StepWriter::install(const Host& host, Phase phase, Waits waits) {
    StepId last;
    const auto then = [&](StepId id) {
        last = std::move(id);
        waits = {{last}, {}};
    };
    const auto commands = [&](estate::Command::When when) {
        for (const auto& one : service_.commands) {
            if (one.when == when) then(command(host, phase, one, waits));
        }
    };
    commands(estate::Command::When::before);
    if (service_.stop) then(run(host, phase, "stop", *service_.stop, *service_.start, waits));
    const estate::Run& activate = service_.activate;
    const Words argv = expand(host, activate.argv);
    const Given given = this->given(activate.allowance);
    then(add(host, phase, "activate",
             actions_.activate(context_.artifact, argv, activate.user, given, limit(activate.within)), kOnce,
             waits));
    add_undo(actions_.revert(last, argv, activate.user, given, activate.within), kRepeatable);
    if (service_.start) then(run(host, phase, "start", *service_.start, *service_.stop, waits));
    then(check(host, phase, "check", lane_.strategy->min_healthy_time, seconds(0), waits));
    commands(estate::Command::When::after);
    return last;
}

StepId StepWriter::check(const Host& host, Phase phase, const std::string& name, seconds hold, seconds delay,
                         Waits waits) {
    const estate::HealthCheck& health = *service_.health;
    Check out;
    if (health.http) {
        out.url = expand(host, *health.http);
        out.contains = expand(host, health.contains);
    } else {
        out.argv = expand(host, health.argv);
        out.given = given(health.allowance);
    }
    out.expect = health.expect;
    out.interval = health.interval;
    out.successes = health.successes;
    out.within = lane_.strategy->healthy_deadline.value_or(health.within + hold);
    if (hold > seconds(0)) {
        out.interval = std::max(out.interval, milliseconds(hold) / kMostLooks);
        // n looks are n - 1 intervals.
        const auto looks = (milliseconds(hold) + out.interval - milliseconds(1)) / out.interval + 1;
        out.successes = std::max<std::int64_t>(out.successes, looks);
    }
    StepId id = add(host, phase, name, actions_.check(out, limit(out.within + kMargin)), kRepeatable,
                    std::move(waits));
    context_.draft.steps.back().delay = delay;
    return id;
}

StepId StepWriter::command(const Host& host, Phase phase, const estate::Command& one, Waits waits) {
    const Given given = this->given(one.allowance);
    StepId id = add(host, phase, "run-" + one.name,
                    actions_.run(expand(host, one.argv), one.user, one.env, given, limit(one.within)), kOnce,
                    std::move(waits));
    if (!one.undo.empty())
        add_undo(actions_.run(expand(host, one.undo), one.user, one.env, given, one.within), kOnce);
    return id;
}

StepId StepWriter::run(const Host& host, Phase phase, const std::string& name, const estate::Run& to,
                       const estate::Run& back, Waits waits) {
    StepId id = add(host, phase, name,
                    actions_.run(expand(host, to.argv), to.user, {}, given(to.allowance), limit(to.within)),
                    kRepeatable, std::move(waits));
    add_undo(actions_.run(expand(host, back.argv), back.user, {}, given(back.allowance), back.within),
             kRepeatable);
    return id;
}

StepId StepWriter::retire(const Host& host, seconds delay, Waits waits) {
    StepId id = run(host, Phase::verify, "retire", *service_.stop, *service_.start, std::move(waits));
    context_.draft.steps.back().delay = delay;
    return id;
}

StepId StepWriter::shift(const std::string& name, const Shift& shift, seconds delay, Waits waits) {
    if (lane_.via == nullptr) return {};
    const estate::Traffic& traffic = *lane_.traffic;
    const seconds deadline = traffic.drain + kMargin;
    const Balancer where = balancer();
    StepId id =
        add(*lane_.via, Phase::switch_over, name,
            actions_.shift(traffic, where, shift.to, shift.from, limit(deadline)), kOnce, std::move(waits));
    PlanStep& step = context_.draft.steps.back();
    step.pool = traffic.name;
    step.target = shift.target;
    PlanStep& undo = add_undo(actions_.shift(traffic, where, shift.from, {}, deadline), kRepeatable);
    undo.makes_live = shift.live_before;
    step.makes_live = shift.live_after;
    step.delay = delay;
    return id;
}

StepId StepWriter::add(const Host& host, Phase phase, const std::string& name, Action action,
                       int max_attempts, Waits waits) {
    PlanStep step;
    step.id = StepId(fmt::format("{}/{}/{}{}", context_.environment.name, host.name, prefix_, name));
    step.agent_id = host.agent_id;
    step.host = host.name;
    step.target = host.name;
    step.service = service_.name;
    step.group = lane_.strategy->group;
    step.site = host.site;
    step.phase = phase;
    step.kind = std::move(action.kind);
    step.action_sha256 = crypto::sha256(action.bytes);
    step.action = std::move(action.bytes);
    step.deadline = action.deadline;
    step.max_attempts = lane_.strategy->max_attempts.value_or(max_attempts);
    step.needs = std::move(waits.needs);
    step.after = std::move(waits.after);
    context_.draft.steps.push_back(std::move(step));
    return context_.draft.steps.back().id;
}

// Of the step that was written last.
PlanStep& StepWriter::add_undo(Action action, int max_attempts) {
    const PlanStep& forward = context_.draft.steps.back();
    PlanStep step;
    step.id = StepId(forward.id.str() + "!undo");
    step.agent_id = forward.agent_id;
    step.host = forward.host;
    step.target = forward.target;
    step.service = forward.service;
    step.group = forward.group;
    step.site = forward.site;
    step.pool = forward.pool;
    step.phase = forward.phase;
    step.kind = std::move(action.kind);
    step.action_sha256 = crypto::sha256(action.bytes);
    step.action = std::move(action.bytes);
    step.deadline = action.deadline;
    step.max_attempts = max_attempts;
    step.undo_of = forward.id;
    auto& undo = context_.draft.undo;
    return undo.emplace_hint(undo.end(), context_.draft.steps.size() - 1, std::move(step))->second;
}

Balancer StepWriter::balancer() {
    const estate::Traffic& traffic = *lane_.traffic;
    const Host& via = *lane_.via;
    Balancer out;
    if (traffic.kind == "haproxy") out.socket = path(traffic.socket, estate::check_socket_path);
    if (traffic.kind == "nginx") out.file = path(traffic.file, estate::check_file_path);
    out.test = expand(via, traffic.test);
    out.reload = expand(via, traffic.reload);
    out.argv = expand(via, traffic.argv);
    out.show = expand(via, traffic.show);
    return out;
}

std::string StepWriter::path(const estate::Located<std::string>& text,
                             std::optional<Error> (*rule)(std::string_view)) {
    std::string out = expand(*lane_.via, text);
    if (const auto error = rule(out); error && !out.empty()) {
        context_.problems.push_back({text.at,
                                     fmt::format("{} (for the host '{}')", error->message(), lane_.via->name),
                                     error->remedy()});
    }
    return out;
}

std::string StepWriter::expand(const Host& host, const estate::Located<std::string>& text) {
    if (text.value.find('$') == std::string::npos) return text.value;
    const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
        if (name == "host.name") return host.name;
        if (name == "release.version") return lane_.part.release->version;
        if (name == "service.name") return service_.name;
        if (!name.starts_with("host.")) return std::nullopt;
        const auto label = host.labels.find(std::string(name.substr(5)));
        return label == host.labels.end() ? std::nullopt : std::optional(label->second);
    };
    auto out = estate::expand(text.value, lookup);
    if (out) return *std::move(out);
    context_.problems.push_back({text.at,
                                 fmt::format("{} (for the host '{}')", out.error().message(), host.name),
                                 out.error().remedy()});
    return {};
}

Words StepWriter::expand(const Host& host, const estate::Argv& argv) {
    Words out;
    out.reserve(argv.size());
    for (const auto& word : argv) out.push_back(expand(host, word));
    return out;
}

Given StepWriter::given(const estate::Allowance& allowance) {
    Given out{{}, allowance.limits};
    const std::string& environment = context_.environment.name;
    for (const auto& [local, name] : allowance.secrets) {
        const auto found = context_.secrets.find({environment, name});
        if (found != context_.secrets.end()) {
            out.secrets.emplace(local, found->second);
            continue;
        }
        context_.problems.push_back(
            {allowance.at, fmt::format("the secret '{}' has no value in {}", name, environment),
             fmt::format("Run: signalbox secret set {} --environment {} --file FILE", name, environment)});
    }
    return out;
}

seconds StepWriter::limit(seconds deadline) const {
    const auto& lower = context_.release.step_deadline;
    return lower ? std::min(deadline, *lower) : deadline;
}

}  // namespace signalbox::plan
