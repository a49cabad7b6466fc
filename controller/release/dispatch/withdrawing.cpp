// SPDX-License-Identifier: Apache-2.0
// The engine's memory of what approvers took back.
#include <fmt/format.h>

#include "common/trust/approval.hpp"
#include "common/trust/standing.hpp"
#include "common/trust/withdrawal.hpp"
#include "controller/release/dispatch/engine.hpp"

namespace signalbox::dispatch {
namespace {

// No approval is good for longer than a standing one, and its releases for some days more.
constexpr Duration kMatters = trust::kMaxStandingLife + std::chrono::hours(24 * 10);

bool runs_under(const sequence::ReleaseState& release, const Loaded& loaded,
                const StoredWithdrawal& withdrawal) {
    if (release.course != sequence::Course::forward || !release.open) return false;
    const std::string& environment = release.current().name;
    const auto names_it = [&](const auto& digests) {
        const auto found = digests.find(environment);
        return found != digests.end() && found->second.hex() == withdrawal.approval_sha256;
    };
    return names_it(loaded.approval_digests) || names_it(loaded.standing_digests);
}

}  // namespace

Status Engine::withdraw(const StoredWithdrawal& withdrawal, const std::string& by, const std::string& reason,
                        ledger::PendingEntry entry) {
    const std::string why = "the approval for " + withdrawal.environment + " was withdrawn" +
                            (reason.empty() ? "" : ": " + reason);
    std::vector<sequence::Event> halts;
    for (const auto& [id, release] : state_.releases) {
        const sequence::Command halt{id, sequence::CommandKind::halt, by, why};
        if (runs_under(release, loaded_.at(id), withdrawal) && sequence::allowed(state_, halt, now()))
            halts.emplace_back(halt);
    }
    Commit commit;
    commit.withdrawals.push_back(withdrawal);
    commit.entries.push_back(std::move(entry));
    SB_CHECK(apply(halts, std::move(commit)));
    withdrawals_.emplace(withdrawal.approval_sha256, withdrawal);
    for (const auto& listener : withdrawal_listeners_) listener(withdrawal);
    judge_soon();
    return {};
}

const StoredWithdrawal* Engine::withdrawal_of(const crypto::Digest& approval) const {
    const auto found = withdrawals_.find(approval.hex());
    return found == withdrawals_.end() ? nullptr : &found->second;
}

const StoredWithdrawal* Engine::withdrawn(const Loaded& release, std::string_view environment) const {
    for (const auto* digests : {&release.approval_digests, &release.standing_digests}) {
        const auto found = digests->find(environment);
        const auto* withdrawal = found == digests->end() ? nullptr : withdrawal_of(found->second);
        if (withdrawal != nullptr) return withdrawal;
    }
    return nullptr;
}

Status Engine::may_resume(const ReleaseId& id) const {
    const sequence::ReleaseState& release = state_.releases.at(id);
    if (release.course != sequence::Course::forward || !release.open) return {};
    const std::string& environment = release.current().name;
    if (withdrawn(loaded_.at(id), environment) == nullptr) return {};
    return Error(
        Code::failed_precondition,
        fmt::format("the approval of {} for {} was withdrawn: its hosts start nothing more", id.str(),
                    environment),
        fmt::format("Take it back or end it: signalbox release undo {0}, signalbox release abort {0}",
                    id.str()));
}

std::vector<std::string> Engine::withdrawals_for(const std::string& environment) {
    const Instant now = this->now();
    const trust::TrustFile* trust = parts_.trust.current();
    std::vector<std::string> out;
    for (const auto& [approval, withdrawal] : withdrawals_) {
        if (withdrawal.environment != environment || withdrawal.taken + kMatters <= now) continue;
        // Hosts would refuse it, each time with an alarm, once its signer is no approver any more.
        if (trust != nullptr && trust::verify_withdrawal(*trust, withdrawal.envelope))
            out.push_back(withdrawal.envelope);
    }
    return out;
}

void Engine::on_withdrawal(std::function<void(const StoredWithdrawal&)> listener) {
    withdrawal_listeners_.push_back(std::move(listener));
}

}  // namespace signalbox::dispatch
