// SPDX-License-Identifier: Apache-2.0
#include "controller/gate/gate.hpp"

#include "common/crypto/digest.hpp"
#include "controller/gate/gates.hpp"

namespace signalbox::gate {

Gates standard_gates() {
    Gates gates;
    gates.push_back(trust_valid_gate());
    gates.push_back(window_gate());
    gates.push_back(plan_current_gate());
    gates.push_back(promotion_gate());
    gates.push_back(approval_gate());
    gates.push_back(agents_online_gate());
    return gates;
}

std::vector<sequence::Verdict> judge_all(const Gates& gates, const Inputs& inputs, Instant now) {
    std::vector<sequence::Verdict> verdicts;
    for (const auto& gate : gates) {
        Judgement judged = gate->judge(inputs, now);
        verdicts.push_back({std::string(gate->name()), judged.outcome, std::move(judged.reason),
                            std::move(judged.remedy),
                            crypto::sha256(json::canonical(judged.looked_at)).hex()});
    }
    if (verdicts.empty()) {
        verdicts.push_back({"none", sequence::GateOutcome::block, "no gate is there to judge",
                            "Report this as a bug", crypto::sha256("").hex()});
    }
    return verdicts;
}

std::set<std::string> artifacts_of(const plan::PlanEnvironment& environment) {
    std::set<std::string> out;
    for (const plan::PlanStep& step : environment.steps) {
        for (const plan::ArtifactRef& artifact : step.artifacts) out.insert(artifact.sha256.hex());
    }
    return out;
}

}  // namespace signalbox::gate
