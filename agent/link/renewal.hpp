// SPDX-License-Identifier: Apache-2.0
// Renews our certificate at half of its life, ten percent more or less, and tries again when that fails. One
// that has expired is replaced by what the record key proves.
// Everything runs on the strand.
#pragma once

#include <functional>
#include <memory>

#include "agent/enrol/identity.hpp"
#include "agent/link/backoff.hpp"
#include "common/async/strand.hpp"
#include "common/pki/key.hpp"
#include "common/telemetry/logger.hpp"
#include "signalbox/v1/agent.grpc.pb.h"

namespace signalbox::link {

class Renewal {
  public:
    struct Ports {
        // The present stub; nullptr while there is no connection.
        std::function<std::shared_ptr<v1::AgentService::Stub>()> stub;
        std::function<void()> on_renewed;
        // Gets a certificate without having a valid one, and installs it; `done` on the strand.
        std::function<void(std::function<void(const Status&)> done)> come_back;
    };

    // All must outlive it; and it must outlive its running call: stop() and wait for `done`.
    Renewal(enrol::IdentityStore store, Ports ports, async::Strand& strand, const Clock& clock,
            crypto::Random& random, telemetry::Logger log);

    void start();
    void stop(std::function<void()> done);
    // Now, whatever its age: its authority is being replaced.
    void at_once();
    // The controller is there and does not let our certificate in: its authority was retired while we were
    // away.
    void shut_out();

  private:
    struct Call;
    void schedule();
    void renew();
    [[nodiscard]] bool expired() const;
    void come_back();
    [[nodiscard]] bool busy() const { return stopping_ || returning_ || call_ != nullptr; }
    void renewed();
    void finished(const std::shared_ptr<Call>& call, const grpc::Status& status);
    [[nodiscard]] Status install(const Call& call);
    void retry(const Error& why);

    enrol::IdentityStore store_;
    Ports ports_;
    async::Strand& strand_;
    const Clock& clock_;
    crypto::Random& random_;
    telemetry::Logger log_;
    Backoff backoff_;
    async::TimerId timer_ = async::TimerId::none;
    std::shared_ptr<Call> call_;
    bool returning_ = false;
    bool stopping_ = false;
    std::function<void()> stopped_;
};

}  // namespace signalbox::link
