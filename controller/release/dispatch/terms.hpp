// SPDX-License-Identifier: Apache-2.0
// When a release that is being started may run: the window that was asked for, made exact and checked.
// Pure.
#pragma once

#include "common/base/result.hpp"
#include "common/trust/trust_file.hpp"
#include "controller/release/dispatch/loaded.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::dispatch {

// The window when nothing is said.
inline constexpr Duration kWindow = std::chrono::hours(24);
// The time to undo after it, for a release that may be undone by itself.
inline constexpr Duration kUndoWindow = std::chrono::hours(1);

// From when on steps may start; nothing said: from now on. Errors: invalid_argument: a time that cannot be
// read, has passed or is more than a year away.
[[nodiscard]] Result<Instant> begin_of(const v1::StartReleaseRequest& request, Instant now);

// `trust`: in force; nullptr: none. Errors: those of begin_of; invalid_argument: a window that is longer
// than the trust file allows, or closed from end to end in an environment of the plan.
[[nodiscard]] Result<StartTerms> terms_of(const v1::StartReleaseRequest& request, const plan::Plan& plan,
                                          const trust::TrustFile* trust, Instant now);

}  // namespace signalbox::dispatch
