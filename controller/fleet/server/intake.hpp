// SPDX-License-Identifier: Apache-2.0
// Judges the records that an agent hands in, before anything of them is believed. The order of what is
// checked: signature by the agent's registered record key, then cluster and agent, then sequence, then the
// chain. Lives on the domain strand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/fleet/record_sink.hpp"
#include "controller/fleet/types.hpp"
#include "controller/ledger/ledger.hpp"

namespace signalbox::fleet {

struct IncomingRecord {
    std::int64_t seq = 0;
    std::string envelope;  // DSSE text
    std::string out, err;  // beside it; empty when none
};

enum class Alarm {
    none,
    malformed,  // not a record that this agent's key signed: whoever sent it does not hold the key
    foreign,    // signed by the right key, but about another agent or cluster
    fork,       // signed by the right key, and contradicts what the ledger holds
};

struct Judgement {
    std::vector<VerifiedRecord> fresh;  // the ones to append, in order; valid also beside an alarm
    bool had_known = false;             // some are in the ledger already: the agent lacks their receipts
    std::optional<std::int64_t> wanted_after;  // a gap: send again from here
    Alarm alarm = Alarm::none;
    std::string problem;         // what is wrong, for people
    std::string proof_envelope;  // of a fork: the other side of what the ledger holds
    std::int64_t proof_seq = 0;
    std::optional<AgentInfo>
        rotated;  // `fresh` holds a change of its record key: the agent once they are appended
};

// Errors: the ledger's (storage); nothing was judged then.
[[nodiscard]] Result<Judgement> judge(const ClusterId& cluster, const AgentInfo& agent,
                                      std::vector<IncomingRecord> records, ledger::Ledger& ledger);

}  // namespace signalbox::fleet
