// SPDX-License-Identifier: Apache-2.0
// The gates there are. Each one's file says what it asks for.
#pragma once

#include "controller/gate/gate.hpp"

namespace signalbox::gate {

[[nodiscard]] std::unique_ptr<Gate> trust_valid_gate();
[[nodiscard]] std::unique_ptr<Gate> window_gate();
[[nodiscard]] std::unique_ptr<Gate> plan_current_gate();
[[nodiscard]] std::unique_ptr<Gate> promotion_gate();
[[nodiscard]] std::unique_ptr<Gate> approval_gate();
[[nodiscard]] std::unique_ptr<Gate> agents_online_gate();

}  // namespace signalbox::gate
