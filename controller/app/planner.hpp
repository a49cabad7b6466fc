// SPDX-License-Identifier: Apache-2.0
// Makes plans from what the controller holds now: the estate at a commit, the enrolled hosts, the artifacts,
// and which colours serve. The only place where these meet. On the domain strand.
#pragma once

#include "common/model/ids.hpp"
#include "controller/artifact/index.hpp"
#include "controller/estate/estate_service.hpp"
#include "controller/fleet/store.hpp"
#include "controller/release/dispatch/planner_port.hpp"
#include "controller/release/dispatch/store.hpp"
#include "controller/release/dispatch/trust_port.hpp"
#include "controller/secret/secret_service.hpp"

namespace signalbox::app {

class Planner final : public dispatch::PlannerPort {
  public:
    struct Parts {
        ClusterId cluster;
        estate::EstateService& estate;
        fleet::FleetStore& fleet;
        artifact::ArtifactIndex& artifacts;
        dispatch::ReleaseStore& releases;
        secret::SecretService& secrets;
        const dispatch::TrustPort& trust;
    };
    // The parts must outlive it and every plan in progress.
    explicit Planner(Parts parts) : parts_(std::move(parts)) {}

    void plan(const dispatch::PlanOrder& order, std::function<void(Result<dispatch::Planned>)> done) override;

  private:
    [[nodiscard]] Result<dispatch::Planned> compile(const estate::Snapshot& snapshot,
                                                    const dispatch::PlanOrder& order);

    Parts parts_;
};

}  // namespace signalbox::app
