// SPDX-License-Identifier: Apache-2.0
// A release as lines for people: its state, its stages and steps, what it waits for and what may be done.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "controller/cli/terminal.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {

struct StatusLook {
    std::string symbol;
    Tone tone = Tone::plain;
};
[[nodiscard]] StatusLook look_of_step(std::string_view status, const Terminal& terminal);
[[nodiscard]] Tone tone_of_release(std::string_view status);

// The whole of it. With `most_lines`, steps that are over or far ahead are counted instead of listed until it
// fits.
[[nodiscard]] std::vector<std::string> render_release(const v1::ReleaseInfo& release, Instant now,
                                                      const Terminal& terminal,
                                                      std::optional<std::size_t> most_lines = std::nullopt);

// What is new since `before` (nothing seen yet: null), one line per change, for a log.
[[nodiscard]] std::vector<std::string> render_changes(const v1::ReleaseInfo* before,
                                                      const v1::ReleaseInfo& after, Instant now,
                                                      const Terminal& terminal);

// How it ended, and what is left to do; or, when it needs a person, which commands help.
[[nodiscard]] std::vector<std::string> render_verdict(const v1::ReleaseInfo& release,
                                                      const Terminal& terminal);

}  // namespace signalbox::cli
