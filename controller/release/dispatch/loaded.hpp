// SPDX-License-Identifier: Apache-2.0
// A release as the engine holds it beside its state, and the way between it and the store's texts. Values.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/base/result.hpp"
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

    [[nodiscard]] const ApprovalDocument* approval(std::string_view environment) const;
};

struct StartTerms {
    Instant created{};
    Instant not_before{};
    Instant not_after{};
};
// What the sequencer needs of a plan. Errors: invalid_argument.
[[nodiscard]] Result<std::shared_ptr<const sequence::ReleaseSpec>> spec_of(const plan::Plan& plan,
                                                                           const StartTerms& terms);

[[nodiscard]] NewRelease to_stored(const Loaded& release);
[[nodiscard]] ReleaseChange to_stored(const sequence::ReleaseState& state);
// Errors: data_loss, naming the release.
[[nodiscard]] Result<Loaded> load(const NewRelease& stored);
[[nodiscard]] Result<sequence::ReleaseState> load_state(const StoredRelease& stored, const Loaded& release);

// What a stage that has closed left on its hosts and in front of them: to be recorded in the same commit.
void record_stage(const Loaded& release, const sequence::ReleaseState& state, std::size_t stage,
                  Commit& commit);

}  // namespace signalbox::dispatch
