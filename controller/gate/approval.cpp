// SPDX-License-Identifier: Apache-2.0
// People with the right roles have signed this environment's document: the same judgement that each host
// makes for itself.
#include <fmt/format.h>

#include "common/crypto/digest.hpp"
#include "common/trust/standing.hpp"
#include "controller/gate/gates.hpp"

namespace signalbox::gate {
namespace {

using sequence::GateOutcome;

class ApprovalGate final : public Gate {
  public:
    std::string_view name() const override { return "approval"; }
    Judgement judge(const Inputs& in, Instant) const override {
        const std::string& environment = in.environment.name;
        json::Json looked_at{{"environment", environment}};
        if (in.trust == nullptr) {
            return {GateOutcome::block, "no trust file says who may approve",
                    "Publish one: signalbox trust publish", looked_at};
        }
        looked_at["trust_version"] = in.trust->version;
        const auto roles = in.trust->approval_roles(environment);
        if (roles.empty()) {
            return {GateOutcome::block,
                    fmt::format("the trust file names no approver for {}, so its hosts refuse everything",
                                environment),
                    fmt::format("Add one: signalbox trust add-approver, for {}", environment), looked_at};
        }
        if (!in.approval || in.approval->envelope.empty()) return planned(roles, looked_at);
        looked_at["envelope_sha256"] = crypto::sha256(in.approval->envelope).hex();
        if (!in.approval->withdrawn.empty()) {
            looked_at["withdrawn"] = in.approval->withdrawn;
            return {GateOutcome::block, "the approval was withdrawn " + in.approval->withdrawn,
                    fmt::format("It will not start: signalbox release abort {}, and start again",
                                in.plan.release_id.str()),
                    looked_at};
        }
        if (!in.approval->standing.empty()) {
            looked_at["standing_sha256"] = crypto::sha256(in.approval->standing).hex();
            looked_at["artifact_statement_sha256"] = crypto::sha256(in.approval->artifact_statement).hex();
        }
        const auto approved = trust::verify_release(*in.trust, in.approval->envelope, in.approval->standing,
                                                    in.approval->artifact_statement);
        if (!approved) return missing(in, approved.error(), looked_at);
        const trust::Approval* verified = &approved->approval;
        if (verified->release_id != in.plan.release_id || verified->environment != environment ||
            verified->plan_sha256 != plan::plan_digest(plan::serialize(in.plan))) {
            return {GateOutcome::block, "the approval is for another plan", "Start the release again",
                    looked_at};
        }
        if (!approved->under) return {GateOutcome::pass, "signed by enough people", "", looked_at};
        const trust::StandingApproval& standing = approved->under->standing;
        return {GateOutcome::pass,
                fmt::format("covered by the standing approval {} (good until {}, {} releases on each host)",
                            standing.name, to_rfc3339(standing.not_after), standing.uses),
                "", looked_at};
    }

  private:
    static Judgement planned(const std::map<std::string, trust::Role>& roles, json::Json looked_at) {
        std::string need;
        for (const auto& [role, holders] : roles) {
            if (holders.threshold == 0) continue;
            need += fmt::format("{}{} x {}", need.empty() ? "" : ", ", holders.threshold, role);
        }
        if (need.empty()) return {GateOutcome::pass, "nobody has to approve here", "", std::move(looked_at)};
        return {GateOutcome::wait, "has to be approved: " + need,
                "Start it, then each approver runs: signalbox release approve", std::move(looked_at)};
    }

    static Judgement missing(const Inputs& in, const Error& error, json::Json looked_at) {
        const auto envelope = dsse::parse(in.approval->envelope, trust::kMaxApprovalBytes);
        const auto approval = trust::parse_approval(in.approval->payload);
        if (!envelope || !approval) {
            return {GateOutcome::block, error.message(), "Start the release again", std::move(looked_at)};
        }
        std::string text;
        bool short_of = false;
        for (const auto& [role, progress] : trust::approval_progress(*in.trust, *approval, *envelope)) {
            short_of = short_of || progress.have < progress.need;
            text +=
                fmt::format("{}{} {} of {}", text.empty() ? "" : ", ", role, progress.have, progress.need);
        }
        // Enough people, and still not valid: waiting would not help.
        if (!short_of) {
            return {GateOutcome::block, error.message(),
                    error.remedy().empty() ? "Start the release again" : error.remedy(),
                    std::move(looked_at)};
        }
        if (!in.approval->standing.empty()) text += "; not covered: " + error.message();
        return {GateOutcome::wait, text,
                fmt::format("Each approver runs: signalbox release approve {}", in.plan.release_id.str()),
                std::move(looked_at)};
    }
};

}  // namespace

std::unique_ptr<Gate> approval_gate() {
    return std::make_unique<ApprovalGate>();
}

}  // namespace signalbox::gate
