// SPDX-License-Identifier: Apache-2.0
#include "controller.hpp"

#include "world.hpp"

namespace signalbox::scenario {

thread_local Controller* Controller::at_work_ = nullptr;

Controller::Controller(Parts parts, int number, Instant clock)
    : parts_(std::move(parts)), number_(number), clock_(clock), jti_(static_cast<std::uint64_t>(number)) {}

bool Controller::boot() {
    strand_ = std::make_unique<fakes::ManualStrand>(clock_);
    engine_ = std::make_unique<dispatch::Engine>(dispatch::EngineParts{parts_.store,
                                                                       parts_.sealer,
                                                                       *this,
                                                                       *this,
                                                                       *strand_,
                                                                       clock_,
                                                                       jti_,
                                                                       parts_.gates(),
                                                                       telemetry::Logger::silent(),
                                                                       {},
                                                                       [this] { fenced_ = true; }});
    fenced_ = false;
    engine_->on_change([this](const ReleaseId& id) { parts_.network.changed(*this, id); });
    bool opened = false;
    run([&](dispatch::Engine& engine) {
        opened = engine.open().ok();
        epoch_ = parts_.store.epoch();
    });
    // A disk that is full at the start: the service manager tries again.
    if (!opened) kill();
    return alive();
}

void Controller::run(const std::function<void(dispatch::Engine&)>& code) {
    if (!alive()) return;
    Controller* const before = std::exchange(at_work_, this);
    try {
        code(*engine_);
        strand_->run_ready();
    } catch (const Crash&) {
        kill();
    }
    at_work_ = before;
}

void Controller::kill() {
    engine_.reset();
    strand_.reset();
}

void Controller::advance(Duration by) {
    clock_.advance(by);
}

std::optional<Duration> Controller::next_timer() const {
    if (!alive()) return {};
    const auto next = strand_->next_timer();
    if (!next) return {};
    return std::max(*next - clock_.now(), Duration::zero());
}

std::optional<dispatch::AgentView> Controller::info(const AgentId& agent) const {
    return parts_.network.info(*this, agent);
}
Status Controller::execute(const AgentId& agent, const dispatch::ExecuteOrder& order) {
    return parts_.network.execute(*this, agent, order);
}
Status Controller::query(const AgentId& agent, const dispatch::QueryOrder& order) {
    return parts_.network.query(*this, agent, order);
}
const trust::TrustFile* Controller::current() const {
    return &trust_file();
}
const crypto::SigningKey& Controller::token_key() const {
    return people().token;
}

}  // namespace signalbox::scenario
