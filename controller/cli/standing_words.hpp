// SPDX-License-Identifier: Apache-2.0
// A standing approval in words, for those who sign it: every member, and every action as the exact JSON that
// is signed. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/trust/standing.hpp"
#include "controller/cli/terminal.hpp"

namespace signalbox::cli {

[[nodiscard]] std::vector<std::string> standing_words(const trust::StandingApproval& standing,
                                                      const crypto::Digest& digest, const Terminal& terminal,
                                                      Instant now);

}  // namespace signalbox::cli
