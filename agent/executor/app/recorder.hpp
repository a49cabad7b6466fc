// SPDX-License-Identifier: Apache-2.0
// Makes the records of this host: who, when, and what they are about. seq and prev are the journal's. Values
// only.
#pragma once

#include <string>

#include "agent/executor/actions/step.hpp"
#include "agent/executor/admission/admission.hpp"
#include "common/base/time.hpp"
#include "common/record/record.hpp"

namespace signalbox::executor {

class Recorder {
  public:
    Recorder(ClusterId cluster, AgentId agent, std::string boot_id, const Clock& clock)
        : cluster_(std::move(cluster)),
          agent_(std::move(agent)),
          boot_id_(std::move(boot_id)),
          clock_(&clock) {}

    [[nodiscard]] record::ActionRecord make(record::Kind kind) const;
    // With everything that a verified token says about the step.
    [[nodiscard]] record::ActionRecord about(record::Kind kind, const admission::Verified& verified) const;

  private:
    ClusterId cluster_;
    AgentId agent_;
    std::string boot_id_;
    const Clock* clock_;
};

// One printable line of at most 400 bytes: what a record's detail may be.
[[nodiscard]] std::string detail_line(std::string_view text);
[[nodiscard]] record::Outcome outcome_of(const actions::StepResult& result, Duration took);
[[nodiscard]] record::Outcome refusal_outcome(const admission::Refusal& refusal);
// For the journal and query: canonical JSON.
[[nodiscard]] std::string outcome_text(const record::Outcome& outcome);

}  // namespace signalbox::executor
