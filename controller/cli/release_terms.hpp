// SPDX-License-Identifier: Apache-2.0
// Under which terms a release runs, as lines for people: what it brings, its window, closed times, breakers,
// and which hosts it is done without. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "controller/cli/terminal.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {

[[nodiscard]] std::vector<std::string> render_terms(const v1::ReleaseInfo& release, Instant now,
                                                    const Terminal& terminal);
// "web-3, web-7": those that were left out; empty when nobody was.
[[nodiscard]] std::string left_out_hosts(const v1::ReleaseInfo& release);

}  // namespace signalbox::cli
