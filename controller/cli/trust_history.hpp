// SPDX-License-Identifier: Apache-2.0
// The story of the trust file, version by version. Pure but for the commands.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/json/json.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/terminal.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {

struct TrustStory {
    std::vector<std::string> lines;
    json::Json json;
};
// Verifies each version by the one before it. Errors: refused, invalid_argument (names the version).
[[nodiscard]] Result<TrustStory> tell_trust_story(const v1::GetTrustHistoryResponse& answer, Instant now,
                                                  const Terminal& terminal);

void add_trust_history_commands(const Registry& under);

}  // namespace signalbox::cli
