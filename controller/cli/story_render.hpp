// SPDX-License-Identifier: Apache-2.0
// Why things are as they are, as lines for people: the story of a release or step, and who waits for which
// throttle. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "controller/cli/terminal.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {

// Dated lines, by environment; then where it stands now.
[[nodiscard]] std::vector<std::string> render_story(const v1::ExplainReleaseResponse& story,
                                                    const Terminal& terminal);
// Scope by scope: its limit, who holds its slots, who waits and why.
[[nodiscard]] std::vector<std::string> render_throttle(const v1::GetThrottleResponse& throttle,
                                                       const Terminal& terminal);

}  // namespace signalbox::cli
