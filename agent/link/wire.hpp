// SPDX-License-Identifier: Apache-2.0
// Messages of the agent wire from and to those of the local protocol. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/fetch/spool.hpp"
#include "agent/ipc/messages.hpp"
#include "signalbox/v1/agent.pb.h"

namespace signalbox::link {

// What our own side adds to what the executor says.
struct Ourselves {
    AgentId agent_id;
    std::string version;
    std::string hostname;
};

// `executor`: its answer to hello, or why there is none.
[[nodiscard]] v1::AgentMessage hello_message(const Ourselves& ourselves, const Result<ipc::Hello>& executor);
[[nodiscard]] v1::AgentMessage records_message(std::vector<ipc::OutboxRecord> records);
[[nodiscard]] v1::AgentMessage execute_message(const std::string& dispatch_id,
                                               const Result<ipc::ExecuteReply>& reply);
[[nodiscard]] v1::AgentMessage query_message(const std::string& dispatch_id,
                                             const Result<ipc::QueryReply>& reply);

// Errors: invalid_argument (a digest or number that is none).
[[nodiscard]] Result<ipc::ReceiptsRequest> receipts_request(const v1::Receipts& receipts);
[[nodiscard]] Result<std::vector<fetch::Wanted>> artifacts_of(const v1::Execute& execute);

}  // namespace signalbox::link
