// SPDX-License-Identifier: Apache-2.0
// signalbox release watch: follows a release to its end by long poll.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "controller/cli/context.hpp"

namespace signalbox::cli {

struct WatchOptions {
    std::string release_id;
    bool plain = false;   // append lines even on a terminal
    std::string timeout;  // "30m"; empty: for as long as it takes
};

// Redraws in place on a terminal; otherwise appends one line per change; with --json one JSON object per
// change. A controller that cannot be reached is waited for; the release goes on without the watcher. Returns
// the exit code of the release's end. Errors: deadline_exceeded (--timeout), and what the controller refuses.
[[nodiscard]] Result<int> watch_release(const Context& context, const WatchOptions& options);

}  // namespace signalbox::cli
