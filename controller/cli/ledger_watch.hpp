// SPDX-License-Identifier: Apache-2.0
// Follows a ledger from the outside, checkpoint to checkpoint, over its tiles. Pure: what is fetched is
// given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/evidence/trusted_checkpoint.hpp"
#include "common/merkle/tile.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::cli {

// What a watcher keeps between two looks, in a file of its own.
struct WatchMemory {
    std::string
        checkpoint;  // the last one that held: the whole note, because its signatures are the evidence
    Instant grew{};  // when the ledger was last seen to grow, by the watcher's clock
};
[[nodiscard]] std::string serialize(const WatchMemory& memory);
// Errors: data_loss.
[[nodiscard]] Result<WatchMemory> parse_watch_memory(std::string_view text);

enum class WatchAlarm {
    none,
    forked,       // not an extension of what was seen, or not the ledger's, or tiles of another tree
    unwitnessed,  // too few cosignatures
    stale,        // nothing new, or nothing cosigned, for too long
};

struct WatchVerdict {
    WatchAlarm alarm = WatchAlarm::none;
    std::string what;  // of the alarm, in words
    std::optional<evidence::TrustedCheckpoint> seen;
    WatchMemory next;  // to be kept; unchanged after a fork
};

// One look. `fetch` reads the tiles that belong to the checkpoint. Errors: those of `fetch` when tiles cannot
// be had, data_loss (the memory).
[[nodiscard]] Result<WatchVerdict> look(const std::optional<WatchMemory>& last, std::string_view note,
                                        const merkle::TileFetch& fetch, const trust::TrustFile& trust,
                                        Instant now, Duration max_age);

}  // namespace signalbox::cli
