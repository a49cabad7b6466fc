// SPDX-License-Identifier: Apache-2.0
// One document of the estate into its value. What a document alone can tell is checked here; references
// between documents are checked in check.hpp. Pure.
#pragma once

#include "controller/estate/document.hpp"
#include "controller/estate/model.hpp"

namespace signalbox::estate {

// Each returns a value even when there are problems, so that the other checks can go on; its name is empty
// when that was wrong.
[[nodiscard]] Environment parse_environment(const Node& document, Problems& problems);
[[nodiscard]] Service parse_service(const Node& document, Problems& problems);
[[nodiscard]] Calendar parse_calendar(const Node& document, Problems& problems);
[[nodiscard]] Throttle parse_throttle(const Node& document, Problems& problems);
[[nodiscard]] Release parse_release(const Node& document, Problems& problems);

}  // namespace signalbox::estate
