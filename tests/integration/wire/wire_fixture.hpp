// SPDX-License-Identifier: Apache-2.0
// One controller, one host with a fake executor, and the real agent code between them.
#pragma once

#include <gtest/gtest.h>

#include "agent/enrol/comeback.hpp"
#include "agent/enrol/enrol.hpp"
#include "agent/link/agent.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/wire/fake_executor.hpp"
#include "tests/support/wire/fleet_controller.hpp"

namespace signalbox::wire_test {

using support::eventually;

// A host of its own: state directory, executor, and an agent when it is started.
class Host {
  public:
    explicit Host(support::FleetController& controller,
                  crypto::SigningKey record_key = crypto::SigningKey::generate())
        : controller_(controller),
          executor(directory.file("executor.sock"), controller.cluster, std::move(record_key),
                   controller.ledger_key.public_key()) {
        executor.start();
        if (!os::make_private_directory(state())) std::terminate();
    }
    ~Host() { stop(); }

    [[nodiscard]] std::string state() const { return directory.file("agent"); }
    Result<enrol::Identity> enrol(const join::JoinLine& line) {
        return enrol::enrol(line, {state(), directory.file("executor.sock"), "test"}, controller_.clock);
    }
    AgentId enrol() {
        const auto identity = enrol(controller_.join_line());
        if (!identity) throw std::runtime_error(identity.error().to_string());
        return identity->agent_id;
    }
    void start() {
        link::AgentSettings settings;
        settings.state_directory = state();
        settings.executor_socket = directory.file("executor.sock");
        settings.version = "test";
        settings.backoff = {std::chrono::milliseconds(20), std::chrono::milliseconds(200)};
        agent = link::Agent::create(settings, controller_.clock, controller_.random, controller_.log).value();
        agent->start();
    }
    void stop() { agent.reset(); }

  private:
    support::FleetController& controller_;

  public:
    os::TempDirectory directory = os::TempDirectory::make().value();
    support::FakeExecutor executor;
    std::unique_ptr<link::Agent> agent;
};

class Wire : public testing::Test {
  protected:
    template <class F>
    auto on_strand(F f) {
        return controller.strand.call(std::move(f));
    }
    bool online(const AgentId& id) {
        return eventually([&] {
            return on_strand([&] {
                const auto view = controller.sessions->info(id);
                return view && view->online && view->problem.empty();
            });
        });
    }
    bool offline(const AgentId& id) {
        return eventually([&] { return on_strand([&] { return !controller.sessions->info(id)->online; }); });
    }

    support::FleetController controller;
    Host host{controller};
};

}  // namespace signalbox::wire_test
