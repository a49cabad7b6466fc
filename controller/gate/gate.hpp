// SPDX-License-Identifier: Apache-2.0
// A gate: judges whether an environment of a release may start. Pure. Whatever a gate cannot tell is wait or
// block, never pass. One file per gate; app lists them by hand through standard_gates().
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/json/json.hpp"
#include "common/model/ids.hpp"
#include "common/trust/trust_file.hpp"
#include "controller/release/plan/plan.hpp"
#include "controller/release/sequence/state.hpp"

namespace signalbox::gate {

struct AgentFacts {
    std::string state;  // active quarantined banned
    bool online = false;
    std::string problem;  // why it takes no steps; empty when it does
};

// The document that people sign for this environment, with the signatures so far.
struct ApprovalFacts {
    std::string payload;
    std::string envelope;  // DSSE text; empty while the release is only planned: nobody can have signed
    // DSSE texts of the standing approval that the document names; empty: none.
    std::string standing = {};
    std::string artifact_statement = {};
    std::string withdrawn = {};  // who took it back, and why; empty when nobody did
};

// An environment in which a release of this service succeeded, and with which artifacts.
struct Promotion {
    std::string environment;
    ReleaseId release;
    std::set<std::string> artifacts;  // SHA-256, hex
};

// Everything that a gate looks at. References live during the call.
struct Inputs {
    const plan::Plan& plan;
    const plan::PlanEnvironment& environment;
    const trust::TrustFile* trust = nullptr;  // in force; nullptr when there is none
    std::optional<ApprovalFacts> approval;
    Instant not_before{};
    Instant not_after{};
    std::map<AgentId, AgentFacts> agents;     // those that the plan names and that exist
    std::vector<plan::Placement> placements;  // live colours now
    std::vector<Promotion> promotions;
    // Whether the environment before this one in the path has succeeded; nothing when this is the first.
    std::optional<bool> previous_succeeded;
};

struct Judgement {
    sequence::GateOutcome outcome = sequence::GateOutcome::block;
    std::string reason;
    std::string remedy;
    json::Json looked_at;  // what it was judged on; its digest goes into the ledger
};

class Gate {
  public:
    virtual ~Gate() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual Judgement judge(const Inputs& inputs, Instant now) const = 0;
};

using Gates = std::vector<std::unique_ptr<Gate>>;

[[nodiscard]] Gates standard_gates();
// Every gate's verdict, in order. No gate at all is one verdict that blocks.
[[nodiscard]] std::vector<sequence::Verdict> judge_all(const Gates& gates, const Inputs& inputs, Instant now);

// The artifacts of an environment's steps, as hex digests.
[[nodiscard]] std::set<std::string> artifacts_of(const plan::PlanEnvironment& environment);

}  // namespace signalbox::gate
