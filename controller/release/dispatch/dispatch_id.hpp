// SPDX-License-Identifier: Apache-2.0
// The id that an order carries and its answer brings back: "<release>/<step>/<attempt>", and for a query
// "#<number of the query>" after it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/model/ids.hpp"

namespace signalbox::dispatch {

struct DispatchId {
    ReleaseId release;  // has no '/'
    StepId step;
    int attempt = 0;
    int ask = 0;  // 0: not a query
};

[[nodiscard]] std::string to_string(const DispatchId& id);
// Errors: invalid_argument.
[[nodiscard]] Result<DispatchId> parse_dispatch_id(std::string_view text);

}  // namespace signalbox::dispatch
