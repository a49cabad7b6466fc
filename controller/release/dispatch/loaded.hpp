// SPDX-License-Identifier: Apache-2.0
// A release as the engine holds it beside its state, and the way between it and the store's texts. Values.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/crypto/digest.hpp"
#include "controller/release/dispatch/store.hpp"
#include "controller/release/plan/plan.hpp"
#include "controller/release/sequence/state.hpp"

namespace signalbox::dispatch {

struct Loaded {
    plan::Plan plan;
    std::string plan_text;  // canonical
    std::shared_ptr<const sequence::ReleaseSpec> spec;
    std::vector<HostPlacement> before;        // what its hosts ran when it was started
    std::vector<ApprovalDocument> approvals;  // in path order

    // Of the documents' payloads, which never change: what tokens and records name. By environment.
    std::map<std::string, crypto::Digest, std::less<>> approval_digests;
    // Of the standing approvals that the documents are under.
    std::map<std::string, crypto::Digest, std::less<>> standing_digests;

    [[nodiscard]] const ApprovalDocument* approval(std::string_view environment) const;
    // Made once, when the documents are there: they name every step.
    void digest_approvals();
};

struct StartTerms {
    Instant created{};
    Instant not_before{};
    Instant not_after{};
    Instant undo_not_after{};
};
// What the sequencer needs of a plan. Errors: invalid_argument.
[[nodiscard]] Result<std::shared_ptr<const sequence::ReleaseSpec>> spec_of(const plan::Plan& plan,
                                                                           const StartTerms& terms);

[[nodiscard]] NewRelease to_stored(const Loaded& release);
// `before`: what is stored, of which only the differing steps are stored again; nullptr: nothing is.
[[nodiscard]] ReleaseChange to_stored(const sequence::ReleaseState* before,
                                      const sequence::ReleaseState& state);
// Errors: data_loss, naming the release.
[[nodiscard]] Result<Loaded> load(const NewRelease& stored);
[[nodiscard]] Result<sequence::ReleaseState> load_state(const StoredRelease& stored, const Loaded& release);

// The plan's step with this number in the sequencer's index.
[[nodiscard]] const plan::PlanStep& plan_step(const Loaded& release, const sequence::Index& index,
                                              sequence::StepIndex step);
// Errors: data_loss, naming the environment.
[[nodiscard]] Result<sequence::Breaker> load_breaker(const BreakerRow& stored);
// A service that both plans release; empty: none.
[[nodiscard]] std::string shared_service(const plan::Plan& a, const plan::Plan& b);

// What a stage that has closed left on its hosts and in front of them: to be recorded in the same commit.
// What another release has put on a host since (after an earlier undo, or the end) stays as it is in `now`.
void record_stage(const Loaded& release, const sequence::ReleaseState& state, std::size_t stage,
                  const Placements& now, Commit& commit);

}  // namespace signalbox::dispatch
