// SPDX-License-Identifier: Apache-2.0
#include "simulation.hpp"

#include <fmt/format.h>

#include "common/token/token.hpp"
#include "controller/release/dispatch/dispatch_id.hpp"
#include "world.hpp"

namespace signalbox::scenario {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Simulation::Simulation(std::uint64_t seed, bool tell)
    : random_(seed), tell_(tell), jti_(seed), sealer_(ClusterId("demo"), trust_.ledger) {
    begin_ = clock_.now();
    std::uint8_t key = 100;
    for (const std::string& host : all_hosts()) {
        agents_.push_back(std::make_unique<SimAgent>(host, key++, random_));
        agents_.back()->failure_rate = chance() < 0.5 ? 0 : 0.25 * chance();
        for (const char* service : {"a", "b"}) agents_.back()->version[service] = kOldVersion;
    }
    crash_rate_ = chance() < 0.3 ? 0 : 0.04 * chance();
    loss_rate_ = chance() < 0.3 ? 0 : 0.15 * chance();
    const auto maybe = [this] {
        if (faults_ && engine_ && chance() < crash_rate_) throw Crash{};
    };
    store_.before_commit = [this, maybe]() -> Status {
        maybe();
        if (faults_ && chance() < 0.005) return Error(Code::resource_exhausted, "disk full");
        return {};
    };
    store_.after_commit = maybe;
}

Simulation::~Simulation() = default;

double Simulation::chance() {
    return std::uniform_real_distribution<double>(0, 1)(random_);
}

void Simulation::tell(const std::string& what) {
    if (tell_) report_.story.push_back(to_rfc3339(clock_.now()).substr(11) + " " + what);
}

void Simulation::violate(const std::string& what) {
    tell("VIOLATION " + what);
    report_.violations.push_back(what);
}

void Simulation::later(Duration delay, std::function<void()> task) {
    pending_.emplace(clock_.now() + delay, std::move(task));
}

void Simulation::message(std::function<void()> deliver) {
    const auto delay = [&] { return milliseconds(1 + static_cast<int>(50 * chance())); };
    if (faults_ && chance() < loss_rate_) return;
    if (faults_ && chance() < loss_rate_) later(seconds(static_cast<int>(60 * chance())), deliver);
    if (faults_ && chance() < loss_rate_) return later(seconds(static_cast<int>(400 * chance())), deliver);
    later(delay(), std::move(deliver));
}

SimAgent& Simulation::agent(const AgentId& id) {
    for (const auto& each : agents_) {
        if (each->id == id) return *each;
    }
    std::abort();
}

std::optional<dispatch::AgentView> Simulation::info(const AgentId& id) const {
    for (const auto& each : agents_) {
        if (each->id != id) continue;
        return dispatch::AgentView{
            each->host,  each->host.substr(0, each->host.find('-')), "active",           each->online, "",
            each->nonce, each->record_key.public_key().id(),         trust_.file.version};
    }
    return {};
}

Status Simulation::execute(const AgentId& id, const dispatch::ExecuteOrder& order) {
    if (faults_ && chance() < crash_rate_) throw Crash{};
    SimAgent& to = agent(id);
    const auto open = token::open(order.token);
    const auto claims = token::parse_claims(open->message);
    const auto dispatch_id = dispatch::parse_dispatch_id(order.dispatch_id);
    const sequence::ReleaseState& release = engine_->state().releases.at(dispatch_id->release);
    const std::string environment = claims->stp.str().substr(0, claims->stp.str().find('/'));
    if (release.halted) violate("a token was sent after a halt: " + order.dispatch_id);
    const auto gates = release.gates.find(environment);
    bool passed = gates != release.gates.end() && !gates->second.empty();
    for (std::size_t i = 0; passed && i < gates->second.size(); ++i) {
        passed = gates->second[i].outcome == sequence::GateOutcome::pass;
    }
    if (!passed) violate("a step was sent whose gates have not passed: " + order.dispatch_id);
    if (const auto ok = trust::verify_approval(trust_.file, order.approval); !ok) {
        violate("a step was sent without approval: " + order.dispatch_id);
    }
    sent_.push_back(
        {environment, dispatch_id->release, claims->stp, to.host, claims->nce, claims->jti, claims->exp});
    tell("send " + order.dispatch_id);
    message([this, &to, order] {
        if (!to.online) return;
        const auto answer = to.execute(order, clock_.now());
        tell(to.host + " answers " + (answer.admitted ? "admitted " : answer.refusal + " ") +
             order.dispatch_id);
        upload(to);
        message([this, &to, answer] {
            if (to.online) controller([&](dispatch::Engine& e) { e.execute_answered(to.id, answer); });
        });
    });
    if (faults_ && chance() < crash_rate_) throw Crash{};
    return {};
}

Status Simulation::query(const AgentId& id, const dispatch::QueryOrder& order) {
    SimAgent& to = agent(id);
    if (!to.online) return Error(Code::unavailable, "offline");
    message([this, &to, order] {
        if (!to.online) return;
        const auto answer = to.query(order);
        message([this, &to, answer] {
            if (to.online) controller([&](dispatch::Engine& e) { e.query_answered(to.id, answer); });
        });
    });
    return {};
}

void Simulation::boot() {
    strand_ = std::make_unique<fakes::ManualStrand>(clock_);
    engine_ = std::make_unique<dispatch::Engine>(dispatch::EngineParts{store_,
                                                                       sealer_,
                                                                       *this,
                                                                       *this,
                                                                       *strand_,
                                                                       clock_,
                                                                       jti_,
                                                                       gate::standard_gates(),
                                                                       telemetry::Logger::silent(),
                                                                       {}});
    tell("controller starts");
    for (const auto& each : agents_) each->online = false;
    controller([](dispatch::Engine& e) {
        // A disk that is full at the start: the service manager tries again.
        if (!e.open()) throw Crash{};
    });
    if (!engine_) return;
    for (const auto& each : agents_) {
        later(milliseconds(200 + static_cast<int>(3000 * chance())), [this, &each] { connect(*each); });
    }
}

void Simulation::controller(const std::function<void(dispatch::Engine&)>& code) {
    if (!engine_) return;
    try {
        code(*engine_);
        strand_->run_ready();
        check();
    } catch (const Crash&) {
        tell("controller is killed");
        ++report_.crashes;
        engine_.reset();
        strand_.reset();
        later(seconds(1 + static_cast<int>(30 * chance())), [this] {
            if (!engine_) boot();
        });
    }
}

void Simulation::connect(SimAgent& each) {
    if (!engine_) return;
    each.online = true;
    controller([&](dispatch::Engine& e) { e.agent_ready(each.id); });
    upload(each);
}

void Simulation::upload(SimAgent& each) {
    message([this, &each] {
        if (!each.online) return;
        auto records = each.unsent();
        if (records.empty()) return;
        const std::int64_t last = records.back().record.seq;
        controller([&](dispatch::Engine& e) {
            // The fleet lets each sequence number in once: what the ledger holds is only acknowledged again.
            std::int64_t held = 0;
            for (const auto& entry : store_.entries()) {
                if (entry.agent == each.id) held = std::max(held, entry.seq.value_or(0));
            }
            std::erase_if(records, [&](const auto& r) { return r.record.seq <= held; });
            if (records.empty() || e.accept(each.id, std::move(records))) each.acknowledge(last);
        });
    });
}

void Simulation::start_release() {
    const char* service = releases_.empty() ? "a" : "b";
    controller([&](dispatch::Engine& e) {
        const auto counter = store_.next_counter();
        auto release = make_release(trust_, service, *counter, clock_.now(), true);
        const ReleaseId id = release.spec->id;
        specs_[id] = release.spec;
        releases_.push_back(id);
        if (!e.start(std::move(release))) releases_.pop_back();
    });
    // Killed before it was stored: the person is told nothing, and starts it again.
    if (!releases_.empty() && !stored(releases_.back())) releases_.pop_back();
}

std::optional<sequence::ReleaseState> Simulation::stored(const ReleaseId& id) {
    const auto found = store_.load(id);
    if (!*found) return {};
    const auto loaded = dispatch::load((*found)->fixed);
    auto state = dispatch::load_state(**found, *loaded);
    return *std::move(state);
}

void Simulation::person() {
    if (releases_.empty()) return;
    const ReleaseId id =
        releases_[static_cast<std::size_t>(chance() * static_cast<double>(releases_.size()))];
    using Kind = sequence::CommandKind;
    Kind kind = Kind::resume;
    const double dice = chance();
    if (faults_) {
        kind = dice < 0.3 ? Kind::halt : dice < 0.8 ? Kind::resume : dice < 0.9 ? Kind::undo : Kind::abort;
    } else {
        const auto state = stored(id);
        if (!state || !state->halted) return;
        kind = dice < 0.6 ? Kind::resume : dice < 0.9 ? Kind::undo : Kind::abort;
    }
    controller([&](dispatch::Engine& e) {
        if (e.command({id, kind, "pat", "dice"}))
            tell(fmt::format("{} {}", sequence::to_string(kind), id.str()));
    });
}

void Simulation::break_something() {
    SimAgent& each = *agents_[static_cast<std::size_t>(chance() * static_cast<double>(agents_.size()))];
    const bool crash = chance() < 0.5;
    tell(each.host + (crash ? " crashes" : " loses its link"));
    each.online = false;
    if (crash) each.crash(clock_.now());
    controller([&](dispatch::Engine& e) { e.agent_gone(each.id, "gone"); });
    const double away = chance();
    later(away < 0.8 ? seconds(static_cast<int>(40 * chance())) : seconds(static_cast<int>(900 * chance())),
          [this, &each] { connect(each); });
}

Report Simulation::run() {
    boot();
    later(seconds(5), [this] { start_release(); });
    later(seconds(5 + static_cast<int>(60 * chance())), [this] { start_release(); });
    const Instant calm = begin_ + minutes(10);
    const Instant end = begin_ + minutes(80);
    const double trouble = 0.03 * chance(), meddling = chance() < 0.5 ? 0 : 0.03 * chance();
    while (clock_.now() < end && report_.violations.empty()) {
        faults_ = clock_.now() < calm;
        if (faults_ && chance() < trouble) break_something();
        if (faults_ ? chance() < meddling : chance() < 0.02) person();
        if (!faults_ && releases_.size() < 2) start_release();
        for (const auto& each : agents_) {
            each->advance(clock_.now());
            if (!each->unsent().empty() && chance() < 0.3) upload(*each);
            if (!faults_ && !each->online && chance() < 0.05) connect(*each);
        }
        const Instant until = clock_.now() + seconds(1);
        while (!pending_.empty() && pending_.begin()->first <= until) {
            const Instant at = pending_.begin()->first;
            const auto task = std::move(pending_.begin()->second);
            pending_.erase(pending_.begin());
            if (at > clock_.now()) clock_.advance(at - clock_.now());
            task();
            controller([](dispatch::Engine&) {});
        }
        clock_.advance(until - clock_.now());
        controller([](dispatch::Engine&) {});
        if (!faults_ && releases_.size() == 2 && pending_.empty()) {
            bool all = true;
            for (const ReleaseId& id : releases_) all = all && stored(id)->ended();
            for (const auto& each : agents_) all = all && each->idle() && each->unsent().empty();
            if (all) break;
        }
    }
    check_end();
    return std::move(report_);
}

}  // namespace signalbox::scenario
