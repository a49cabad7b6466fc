// SPDX-License-Identifier: Apache-2.0
// What the shell must do after an event was committed. Dispatch and Query are queued in the outbox with the
// commit and carried out at least once; Wake and Close are told at once and need not survive a restart.
// Values.
#pragma once

#include <string>
#include <variant>

#include "common/base/time.hpp"
#include "common/model/ids.hpp"
#include "controller/release/sequence/state.hpp"

namespace signalbox::sequence {

// Mint a token for this attempt (or send its live token again, unless `fresh`) and send it.
struct Dispatch {
    ReleaseId release;
    StepId step;
    int attempt = 1;
    int send = 1;  // which dispatch of the step this is
    bool fresh = false;

    friend bool operator==(const Dispatch&, const Dispatch&) = default;
};
// Ask the host what became of the step.
struct Query {
    ReleaseId release;
    StepId step;
    int ask = 1;

    friend bool operator==(const Query&, const Query&) = default;
};
// Feed a Tick at this time; replaces the earlier Wake.
struct Wake {
    Instant at{};

    friend bool operator==(const Wake&, const Wake&) = default;
};
// The release has ended.
struct Close {
    ReleaseId release;
    ReleaseStatus status = ReleaseStatus::failed;

    friend bool operator==(const Close&, const Close&) = default;
};

using Effect = std::variant<Dispatch, Query, Wake, Close>;

}  // namespace signalbox::sequence
