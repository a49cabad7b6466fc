// SPDX-License-Identifier: Apache-2.0
// Domain values as messages of the agent wire. Pure.
#pragma once

#include <vector>

#include "controller/fleet/server/intake.hpp"
#include "controller/ledger/ledger.hpp"
#include "controller/release/dispatch/agent_port.hpp"
#include "signalbox/v1/agent.pb.h"

namespace signalbox::fleet {

[[nodiscard]] v1::ControllerMessage to_message(const ledger::AgentReceipts& receipts);
[[nodiscard]] v1::ControllerMessage to_message(const dispatch::ExecuteOrder& order);
[[nodiscard]] v1::ControllerMessage to_message(const dispatch::QueryOrder& order);
[[nodiscard]] std::vector<IncomingRecord> from_message(v1::Records records);
[[nodiscard]] dispatch::ExecuteAnswer from_message(const v1::ExecuteResult& result);
[[nodiscard]] dispatch::QueryAnswer from_message(const v1::QueryResult& result);

}  // namespace signalbox::fleet
