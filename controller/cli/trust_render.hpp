// SPDX-License-Identifier: Apache-2.0
// Trust files for people and for scripts. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/json/json.hpp"
#include "common/trust/trust_file.hpp"
#include "controller/cli/terminal.hpp"
#include "controller/cli/trust_draft.hpp"

namespace signalbox::cli {

[[nodiscard]] std::vector<std::string> render_trust(const trust::TrustFile& file, Instant now,
                                                    const Terminal& terminal);
// What it changes, and which signatures are missing.
[[nodiscard]] std::vector<std::string> render_draft(const TrustDraft& draft, Instant now,
                                                    const Terminal& terminal);
[[nodiscard]] json::Json trust_json(const trust::TrustFile& file);
[[nodiscard]] json::Json draft_json(const TrustDraft& draft);

}  // namespace signalbox::cli
