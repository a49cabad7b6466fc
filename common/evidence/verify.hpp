// SPDX-License-Identifier: Apache-2.0
// Verifies a ledger export offline, with nothing but a trust file: the checkpoint, every entry's signature
// and leaf, every agent's chain of records, what the hosts witnessed, and the tree. Pure but for the line
// source; reads line by line and keeps two hashes an entry. Format: docs/formats/ledger.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/evidence/export_bundle.hpp"
#include "common/evidence/line_source.hpp"
#include "common/evidence/signers.hpp"
#include "common/evidence/trusted_checkpoint.hpp"
#include "common/merkle/checkpoint.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::evidence {

struct Report {
    bool ok = false;
    // Entries that were read and that each by itself held; when ok, the size of the ledger.
    std::uint64_t size = 0;
    // The first entry that is bad, missing or too many. Nothing when ok, and when the trouble is not an
    // entry's (the header, its checkpoint).
    std::optional<std::uint64_t> first_bad_index;
    // When entries hold one by one but not the tree that a checkpoint signed or a host saw, they were moved,
    // or replaced by whoever holds the keys: one of those from first_bad_index up to, and without, this index
    // is the first bad one. Nothing when that leaves one.
    std::optional<std::uint64_t> bad_before_index;
    std::string what;  // in words; empty when ok

    std::optional<merkle::Checkpoint> checkpoint;  // once its signature held
    std::vector<CosignedBy> cosigned_by;           // witnesses of the trust file that have seen it
    std::map<std::string, std::uint64_t> kinds;    // "decision:token_minted" -> how many
    std::map<AgentId, AgentSummary> agents;
    std::optional<Instant> newest;  // what the last entry that held says of its time
    std::uint64_t witnessed = 0;    // records whose host had seen an earlier checkpoint of this very tree
};

// Told of every entry that held by itself, in order: for those who want more of an export than that it is
// true. It must believe none of it before the report is ok.
using OnEntry = std::function<void(const Entry&)>;

// `trust` must have been verified (trust::verify_initial or verify_update); its expiry does not matter here.
// `earlier`: versions before it, the oldest first, verified likewise. What a ledger key signed that they list
// and `trust` does not counts inside the tree that `trust` vouches for, up to the entry that published the
// version which removed it; as the export's own checkpoint it does not.
[[nodiscard]] Report verify_export(const LineSource& next_line, const trust::TrustFile& trust,
                                   const OnEntry& on_entry = {},
                                   const std::vector<trust::TrustFile>& earlier = {});

}  // namespace signalbox::evidence
