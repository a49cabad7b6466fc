// SPDX-License-Identifier: Apache-2.0
#include "simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "controller/gate/gates.hpp"
#include "controller/release/dispatch/dispatch_id.hpp"
#include "tests/fakes/plain_sealer.hpp"

namespace signalbox::scenario {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A ticket that somebody closes at some time: waits until then.
class Simulation::SwitchGate final : public gate::Gate {
  public:
    explicit SwitchGate(Simulation& simulation) : simulation_(simulation) {}
    std::string_view name() const override { return "ticket"; }
    gate::Judgement judge(const gate::Inputs& in, Instant) const override {
        if (!simulation_.is_signed(in.plan.release_id, in.environment.name))
            return {sequence::GateOutcome::wait, "nobody has signed", "Sign it", {{"signed", false}}};
        const auto held = simulation_.held_.find(in.plan.release_id);
        if (held != simulation_.held_.end() && simulation_.now() < held->second)
            return {sequence::GateOutcome::wait, "the ticket is open", "Close it", {{"open", true}}};
        simulation_.passed_.emplace(in.plan.release_id, in.environment.name);
        return {sequence::GateOutcome::pass, "", "", {{"open", false}}};
    }

  private:
    Simulation& simulation_;
};

Simulation::Simulation(Design design, std::uint64_t seed, bool tell, bool seals)
    : random_(seed),
      tell_(tell),
      seals_(seals),
      world_(std::move(design)),
      watcher_({store_, [this] { return now_; }, [this](const AgentId& id) { return find_host(id); },
                [this](const ReleaseId& id, const std::string& e) {
                    return passed_.contains({id, e});
                },
                [this](const ReleaseId& id, const std::string& e) { return is_signed(id, e); }}) {
    if (seals) {
        sealer_ = std::make_unique<ledger::Sealer>(ClusterId("demo"), people().ledger);
    } else {
        sealer_ = std::make_unique<fakes::PlainSealer>(people().ledger);
    }
    for (const Enrolled& each : world_.fleet()) add_host(each);
    store_.before_commit = [this](const dispatch::Commit&) -> Status {
        maybe_crash();
        if (disk_is_full || (faults.disk_full > 0 && chance() < faults.disk_full))
            return Error(Code::resource_exhausted, "the disk is full");
        return {};
    };
    store_.after_commit = [this](const dispatch::Commit& commit) {
        for (const dispatch::ApprovalDocument& document : commit.approvals)
            signed_.emplace(document.release_id, document.environment);
        for (const ledger::PendingEntry& entry : commit.entries) {
            if (entry.agent) taken_[*entry.agent] = std::max(taken_[*entry.agent], *entry.seq);
        }
        watcher_.committed(commit);
        maybe_crash();
    };
    watcher_.on_violation = [this](const Violation& v) {
        this->tell(fmt::format("VIOLATION of {}: {}", to_string(v.invariant), v.what));
    };
}

Simulation::~Simulation() {
    controllers_.clear();
}

bool Simulation::is_signed(const ReleaseId& id, const std::string& environment) const {
    return environment == "staging" || signed_.contains({id, environment});
}

double Simulation::chance() {
    return std::uniform_real_distribution<double>(0, 1)(random_);
}

void Simulation::tell(const std::string& what) {
    if (!tell_) return;
    report_.story.push_back(to_rfc3339(now_).substr(11) + " " + what);
    if (std::getenv("SB_TELL") != nullptr) std::cout << report_.story.back() << std::endl;
}

void Simulation::later(Duration delay, std::function<void()> task) {
    pending_.emplace(now_ + delay, std::move(task));
}

void Simulation::maybe_crash() {
    if (faults.crash > 0 && Controller::at_work() != nullptr && chance() < faults.crash) throw Crash{};
}

void Simulation::message(std::function<void()> deliver) {
    const auto some = [&](int at_most_ms) {
        return milliseconds(1 + static_cast<int>(at_most_ms * chance()));
    };
    if (faults.loss > 0) {
        if (chance() < faults.loss) return;
        if (chance() < faults.loss) later(some(60'000), deliver);
        if (chance() < faults.loss) return later(some(400'000), std::move(deliver));
    }
    later(some(50), std::move(deliver));
}

void Simulation::advance_to(Instant when) {
    if (when <= now_) return;
    for (const auto& each : controllers_) each->advance(when - now_);
    now_ = when;
}

void Simulation::run_until(Instant end) {
    while (!violated()) {
        Instant next = end;
        if (!pending_.empty()) next = std::min(next, pending_.begin()->first);
        for (const auto& each : controllers_) {
            if (const auto timer = each->next_timer()) next = std::min(next, now_ + *timer);
        }
        advance_to(next);
        if (next >= end && (pending_.empty() || pending_.begin()->first > end)) break;
        if (!pending_.empty() && pending_.begin()->first <= now_) {
            const auto task = std::move(pending_.begin()->second);
            pending_.erase(pending_.begin());
            task();
        }
        for (std::size_t i = 0; i < controllers_.size(); ++i) run(*controllers_[i], [](dispatch::Engine&) {});
        std::erase_if(controllers_,
                      [&](const auto& c) { return c->fenced() && c.get() != controllers_.back().get(); });
    }
}

// --- controllers ---

Controller* Simulation::newest() const {
    return controllers_.empty() || !controllers_.back()->alive() ? nullptr : controllers_.back().get();
}

void Simulation::boot() {
    std::erase_if(controllers_, [](const auto& c) { return !c->alive(); });
    tell(controllers_.empty() ? "a controller starts" : "another controller takes over");
    report_.takeovers += controllers_.empty() ? 0 : 1;
    const auto gates = [this] {
        // All of them look at every step of the plan; the seeds that seal show that they can be passed.
        gate::Gates out;
        if (seals_) out = gate::standard_gates();
        if (!seals_) out.push_back(gate::window_gate());
        if (!seals_) out.push_back(gate::agents_online_gate());
        out.push_back(std::make_unique<SwitchGate>(*this));
        return out;
    };
    controllers_.push_back(
        std::make_unique<Controller>(Controller::Parts{*this, store_, *sealer_, gates}, ++boots_, now_));
    if (!controllers_.back()->boot()) {
        tell("it does not come up");
        ++report_.crashes;
        controllers_.pop_back();
        return later(seconds(1 + static_cast<int>(10 * chance())), [this] {
            if (newest() == nullptr || newest()->epoch() != store_.epoch()) boot();
        });
    }
    watcher_.booted(*controllers_.back());
    reconnect_all();
}

void Simulation::reconnect_all() {
    for (const auto& each : hosts_) {
        if (each->gone) continue;
        // Those of an older controller find the new one in their own time.
        later(milliseconds(200 + static_cast<int>(3000 * chance())), [this, at = each.get()] {
            if (at->session != 0) disconnect(*at, "moves to the new controller");
            connect(*at);
        });
    }
}

void Simulation::run(Controller& at, const std::function<void(dispatch::Engine&)>& code) {
    if (!at.alive()) return;
    at.run(code);
    if (at.alive()) return;
    tell("a controller is killed");
    ++report_.crashes;
    for (const auto& each : hosts_) {
        if (each->session == at.number()) each->session = 0;
    }
    later(seconds(1 + static_cast<int>(30 * chance())), [this] {
        if (newest() == nullptr) boot();
    });
}

void Simulation::on_controller(const std::function<void(dispatch::Engine&)>& code) {
    if (Controller* at = newest()) run(*at, code);
}

void Simulation::kill_controller() {
    on_controller([](dispatch::Engine&) { throw Crash{}; });
}

void Simulation::set_controller_clock(Duration ahead) {
    if (Controller* at = newest()) at->clock().step_wall(now_ + ahead - at->clock().now());
}

// --- hosts ---

void Simulation::add_host(const Enrolled& enrolled) {
    static const crypto::SigningKey key = fakes::test_key(100);
    hosts_.push_back(std::make_unique<Host>(enrolled.host, enrolled.environment, enrolled.agent, key, random_,
                                            approvals_));
    hosts_.back()->seals = seals_;
    by_agent_[enrolled.agent] = hosts_.back().get();
}

Host* Simulation::find_host(const AgentId& id) const {
    const auto found = by_agent_.find(id);
    return found == by_agent_.end() ? nullptr : found->second;
}

Host& Simulation::host(const std::string& name) {
    for (auto each = hosts_.rbegin(); each != hosts_.rend(); ++each) {
        if ((*each)->name == name) return **each;
    }
    std::abort();
}

Controller* Simulation::session_of(const Host& at) const {
    for (const auto& each : controllers_) {
        if (each->number() == at.session && each->alive()) return each.get();
    }
    return nullptr;
}

void Simulation::connect(Host& at) {
    Controller* to = newest();
    if (to == nullptr || at.gone || at.session == to->number()) return;
    at.session = to->number();
    run(*to, [&](dispatch::Engine& e) { e.agent_ready(at.id); });
    upload(at);
}

void Simulation::disconnect(Host& at, const std::string& why) {
    Controller* from = session_of(at);
    at.session = 0;
    if (from != nullptr) run(*from, [&](dispatch::Engine& e) { e.agent_gone(at.id, why); });
}

void Simulation::crash(Host& at) {
    at.crash(now_);
    disconnect(at, "it crashed");
}

void Simulation::replace(const std::string& name) {
    Host& old = host(name);
    tell(name + " is replaced by another machine");
    old.crash(now_);
    disconnect(old, "it was replaced");
    old.gone = true;
    const AgentId id = world_.enrol_again(name);
    add_host({name, old.environment, id});
    later(seconds(5), [this, at = hosts_.back().get()] { connect(*at); });
}

void Simulation::upload(Host& at) {
    if (at.unsent().empty() || at.session == 0) return;
    message([this, &at] {
        Controller* to = session_of(at);
        if (to == nullptr || at.unsent().empty()) return;
        auto records = at.unsent();
        const std::int64_t last = records.back().record.seq;
        run(*to, [&](dispatch::Engine& e) {
            // The fleet lets each sequence number in once: what the ledger holds is only acknowledged again.
            const std::int64_t held = taken_[at.id];
            std::erase_if(records, [&](const auto& r) { return r.record.seq <= held; });
            if (records.empty() || e.accept(at.id, std::move(records))) at.acknowledge(last);
        });
    });
    if (!uploading_.insert(&at).second) return;
    later(seconds(5), [this, &at] {
        uploading_.erase(&at);
        upload(at);
    });
}

void Simulation::after_begin(Host& at) {
    const auto begun = at.take_begun();
    upload(at);
    if (!begun) return;
    later(begun->ends - now_, [this, &at, key = begun->key, nonce = at.nonce] {
        if (at.nonce != nonce) return;
        at.finish(key, now_);
        tell(fmt::format("{} finishes {}: {}", at.name, key.second.str(), at.journal.at(key).outcome));
        upload(at);
    });
}

void Simulation::maybe_vanish(Host& at) {
    if (faults.vanish <= 0 || at.session == 0 || chance() >= faults.vanish) return;
    tell(at.name + " vanishes");
    disconnect(at, "it vanished");
    later(seconds(300 + static_cast<int>(900 * chance())), [this, &at] { connect(at); });
}

std::optional<dispatch::AgentView> Simulation::info(const Controller& from, const AgentId& agent) const {
    const Host* at = find_host(agent);
    if (at == nullptr) return {};
    return dispatch::AgentView{
        at->name, at->environment, at->gone ? "banned" : "active",   at->session == from.number(),
        "",       at->nonce,       at->record_key.public_key().id(), trust_file().version};
}

Status Simulation::execute(Controller& from, const AgentId& agent, const dispatch::ExecuteOrder& order) {
    maybe_crash();
    Host& to = *find_host(agent);
    watcher_.sent(from, to, order);
    tell("send " + order.dispatch_id);
    message([this, &to, order] {
        maybe_vanish(to);
        if (session_of(to) == nullptr) return;
        const auto answer = to.execute(order, now_);
        tell(fmt::format("{} answers {} {}", to.name, answer.admitted ? "admitted" : answer.refusal,
                         order.dispatch_id));
        after_begin(to);
        maybe_vanish(to);
        message([this, &to, answer] {
            if (Controller* at = session_of(to))
                run(*at, [&](dispatch::Engine& e) { e.execute_answered(to.id, answer); });
        });
    });
    maybe_crash();
    return {};
}

Status Simulation::query(Controller& from, const AgentId& agent, const dispatch::QueryOrder& order) {
    Host& to = *find_host(agent);
    if (to.session != from.number()) return Error(Code::unavailable, "offline");
    message([this, &to, order] {
        if (session_of(to) == nullptr) return;
        const auto answer = to.query(order);
        tell(fmt::format("{} is asked for {}: {}", to.name, order.dispatch_id,
                         static_cast<int>(answer.state)));
        message([this, &to, answer] {
            if (Controller* at = session_of(to))
                run(*at, [&](dispatch::Engine& e) { e.query_answered(to.id, answer); });
        });
    });
    return {};
}

void Simulation::changed(Controller& at, const ReleaseId& release) {
    watcher_.changed(at, release);
}

// --- people ---

bool Simulation::start(const ReleaseDesign& design) {
    if (newest() == nullptr) return false;
    ReleaseId id;
    bool possible = true;
    on_controller([&](dispatch::Engine& e) {
        auto planned = world_.plan(design, *store_.next_counter(), e.now(), *store_.placements());
        possible = planned.has_value();
        if (!possible) return;
        id = planned->spec->id;
        watcher_.started(planned->spec);
        if (design.approved > Duration{}) held_.emplace(id, now_ + design.approved / 2);
        const Status started = e.start(*std::move(planned));
        if (!started) tell("not started: " + started.error().message());
    });
    if (!possible) return true;
    // Killed before it was stored: the person is told nothing, and starts it again.
    if (id.empty() || !watcher_.replayed().releases.contains(id)) {
        held_.erase(id);
        return false;
    }
    tell("start " + id.str());
    releases_.push_back(id);
    later(design.approved, [this, id] { sign(id); });
    return true;
}

void Simulation::sign(const ReleaseId& id) {
    bool again = newest() == nullptr;
    on_controller([&](dispatch::Engine& e) {
        const dispatch::Loaded* release = e.loaded(id);
        if (release == nullptr) return;
        for (const dispatch::ApprovalDocument& document : std::vector(release->approvals)) {
            if (is_signed(id, document.environment)) continue;
            again = true;  // unless this one is stored, it is looked at once more
            (void)e.approve(World::sign(document),
                            sealer_->decision("approval", json::Json::object(), e.now()));
        }
    });
    if (again) later(seconds(10), [this, id] { sign(id); });
}

Status Simulation::command(const ReleaseId& id, sequence::CommandKind kind) {
    Status out = Error(Code::unavailable, "no controller answers");
    on_controller([&](dispatch::Engine& e) { out = e.command({id, kind, "pat", "so"}); });
    if (out) tell(fmt::format("{} {}", sequence::to_string(kind), id.str()));
    return out;
}

void Simulation::hold_gate(const ReleaseId& id, Instant until) {
    held_[id] = until;
}

std::optional<sequence::ReleaseState> Simulation::stored(const ReleaseId& id) {
    const auto found = store_.load(id);
    if (!*found) return {};
    const auto loaded = dispatch::load((*found)->fixed);
    auto state = dispatch::load_state(**found, *loaded);
    return *std::move(state);
}

std::optional<ReleaseId> Simulation::find(const std::string& name) const {
    for (auto id = releases_.rbegin(); id != releases_.rend(); ++id) {
        if (id->str().starts_with(name + "-")) return *id;
    }
    return {};
}

bool Simulation::all_over() {
    for (const ReleaseId& id : releases_) {
        const auto found = watcher_.replayed().releases.find(id);
        if (found == watcher_.replayed().releases.end() || !found->second.ended()) return false;
    }
    return std::all_of(hosts_.begin(), hosts_.end(), [](const auto& each) {
        return each->gone || (each->idle() && each->unsent().empty());
    });
}

void Simulation::check_end() {
    for (const ReleaseId& id : releases_) {
        const auto state = stored(id);
        if (!state->ended()) {
            watcher_.not_ended(id,
                               fmt::format("{} ({})", sequence::to_string(state->status()), state->reason));
            continue;
        }
        ++report_.endings[std::string(sequence::to_string(state->final_status))];
        tell(fmt::format("{} is {}: {}", id.str(), sequence::to_string(state->final_status), state->reason));
        watcher_.ended(id, *state);
    }
    watcher_.audited();
}

Report Simulation::report() {
    report_.violations = watcher_.violations();
    report_.longest_wait = watcher_.longest_wait();
    report_.commits = store_.commits();
    return std::move(report_);
}

}  // namespace signalbox::scenario
