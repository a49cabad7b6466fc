// SPDX-License-Identifier: Apache-2.0
// The very same artifacts have succeeded in the environment before: in this release's path, or, when this is
// its first environment, in an earlier release.
#include <fmt/format.h>

#include <algorithm>

#include "controller/gate/gates.hpp"

namespace signalbox::gate {
namespace {

using sequence::GateOutcome;

class PromotionGate final : public Gate {
  public:
    std::string_view name() const override { return "promotion"; }
    Judgement judge(const Inputs& in, Instant) const override {
        const plan::PlanEnvironment* previous = nullptr;
        for (const plan::PlanEnvironment& environment : in.plan.environments) {
            if (environment.name == in.environment.name) break;
            previous = &environment;
        }
        const std::string& wanted = in.environment.promotes_from;
        const std::set<std::string> artifacts = artifacts_of(in.environment);
        json::Json looked_at{{"artifacts", artifacts}, {"promotes_from", wanted}};

        if (previous != nullptr) {
            looked_at["previous"] = previous->name;
            looked_at["succeeded"] = in.previous_succeeded.value_or(false);
            if (!in.previous_succeeded.value_or(false)) {
                return {GateOutcome::wait, previous->name + " comes first", "Nothing: it goes on by itself",
                        looked_at};
            }
            // Other bytes than those that were tried are no promotion.
            if (!covers(artifacts_of(*previous), artifacts)) {
                return {GateOutcome::block,
                        fmt::format("{} gets artifacts that {} did not", in.environment.name, previous->name),
                        "Release the same artifacts along the whole path", looked_at};
            }
        }
        const bool on_path = std::any_of(in.plan.environments.begin(), in.plan.environments.end(),
                                         [&](const plan::PlanEnvironment& e) { return e.name == wanted; });
        if (wanted.empty() || on_path) {
            return {GateOutcome::pass,
                    previous == nullptr ? "nothing comes before it" : previous->name + " has succeeded", "",
                    looked_at};
        }
        for (const Promotion& promotion : in.promotions) {
            if (promotion.environment != wanted || !covers(promotion.artifacts, artifacts)) continue;
            looked_at["release"] = promotion.release.str();
            return {
                GateOutcome::pass,
                fmt::format("{} succeeded with the same artifacts in {}", wanted, promotion.release.str()),
                "", looked_at};
        }
        return {GateOutcome::wait, fmt::format("these artifacts have not succeeded in {} yet", wanted),
                fmt::format("Release them to {} first", wanted), looked_at};
    }

  private:
    static bool covers(const std::set<std::string>& tried, const std::set<std::string>& wanted) {
        return std::includes(tried.begin(), tried.end(), wanted.begin(), wanted.end());
    }
};

}  // namespace

std::unique_ptr<Gate> promotion_gate() {
    return std::make_unique<PromotionGate>();
}

}  // namespace signalbox::gate
