// SPDX-License-Identifier: Apache-2.0
// The estate, the fleet and the people of a run: plans releases with the real planner and signs for them. For
// tests only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/estate/load.hpp"
#include "controller/release/dispatch/loaded.hpp"
#include "design.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::scenario {

// Keys and their trust file are the same in every run, and made once. One signature approves production;
// staging needs none.
[[nodiscard]] const fakes::TrustFixture& people();
[[nodiscard]] const trust::TrustFile& trust_file();

struct Enrolled {
    std::string host;
    std::string environment;
    AgentId agent;
};

class World {
  public:
    explicit World(Design design);

    [[nodiscard]] const Design& design() const { return design_; }
    // Every host with its present agent.
    [[nodiscard]] const std::vector<Enrolled>& fleet() const { return fleet_; }
    // The host gets another agent; the old one never comes back.
    AgentId enrol_again(const std::string& host);

    // Planned from the estate as it is now; nobody has signed yet. Nothing: it cannot be planned, because no
    // host of the idle colour is there.
    [[nodiscard]] std::optional<dispatch::Loaded> plan(const ReleaseDesign& release, std::int64_t counter,
                                                       Instant now,
                                                       const dispatch::Placements& placements) const;
    // With the signatures that its environment demands.
    [[nodiscard]] static dispatch::ApprovalDocument sign(const dispatch::ApprovalDocument& document);

  private:
    [[nodiscard]] std::vector<plan::Host> hosts() const;

    Design design_;
    estate::Loaded estate_;
    std::vector<Enrolled> fleet_;
    int enrolments_ = 0;
};

}  // namespace signalbox::scenario
