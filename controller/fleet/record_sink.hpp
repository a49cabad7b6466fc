// SPDX-License-Identifier: Apache-2.0
// RecordSink: takes agents' records once they are verified, appends them to the ledger and feeds the release
// sequencer, in one commit. Called on the domain strand only.
#pragma once

#include <vector>

#include "common/model/ids.hpp"
#include "common/record/record.hpp"
#include "controller/ledger/entry.hpp"

namespace signalbox::fleet {

// Signature by the agent's registered record key, cluster and agent id, sequence (last + 1) and previous
// payload's digest have been verified. `entry` is ready to be appended: envelope, leaf, agent, seq, output.
struct VerifiedRecord {
    record::ActionRecord record;
    ledger::PendingEntry entry;
};

class RecordSink {
  public:
    virtual ~RecordSink() = default;
    // In order of sequence, all of one agent. All are committed or none: after an error the agent sends the
    // same records again, so the sink must not have acted on any of them.
    [[nodiscard]] virtual Status accept(const AgentId& agent, std::vector<VerifiedRecord> records) = 0;
};

}  // namespace signalbox::fleet
