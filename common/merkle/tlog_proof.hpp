// SPDX-License-Identifier: Apache-2.0
// Proofs as texts that travel: C2SP tlog-proof (c2sp.org/tlog-proof), an entry's inclusion, and the body of
// C2SP tlog-witness's add-checkpoint (c2sp.org/tlog-witness), a tree's consistency with an earlier one. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/merkle/tree.hpp"

namespace signalbox::merkle {

inline constexpr std::size_t kMaxProofHashes = 63;

struct TlogProof {
    std::uint64_t index = 0;
    Proof hashes;            // from the leaf's sibling upwards
    std::string checkpoint;  // the signed note
    Bytes extra;             // what nobody signed; ours hold the leaf
};

[[nodiscard]] std::string to_text(const TlogProof& proof);
// Strict. It parses the note's place, not the note. Errors: invalid_argument.
[[nodiscard]] Result<TlogProof> parse_tlog_proof(std::string_view text);

struct AddCheckpoint {
    std::uint64_t old_size = 0;
    Proof consistency;       // from old_size to the checkpoint's
    std::string checkpoint;  // the signed note
};

[[nodiscard]] std::string to_text(const AddCheckpoint& request);
// Strict, likewise. Errors: invalid_argument.
[[nodiscard]] Result<AddCheckpoint> parse_add_checkpoint(std::string_view text);

}  // namespace signalbox::merkle
