// SPDX-License-Identifier: Apache-2.0
// A release as the operator API shows it. Pure.
#pragma once

#include "controller/estate/problem.hpp"
#include "controller/release/dispatch/loaded.hpp"
#include "controller/release/sequence/sequence.hpp"
#include "controller/release/sequence/throttle.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::dispatch {

// `all` is the state that the release waits in together with others; the release itself may have ended.
[[nodiscard]] v1::ReleaseInfo view(const Loaded& release, const sequence::ReleaseState& state,
                                   const sequence::State& all, Instant now, bool with_steps);
[[nodiscard]] v1::Block view(const std::string& environment, const sequence::Verdict& verdict);
[[nodiscard]] v1::GetThrottleResponse view(const std::vector<sequence::ScopeView>& scopes, Instant now);
[[nodiscard]] v1::EstateProblem view(const estate::Problem& problem);

}  // namespace signalbox::dispatch
