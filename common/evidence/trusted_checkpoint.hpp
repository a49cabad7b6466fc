// SPDX-License-Identifier: Apache-2.0
// A checkpoint as a trust file judges it: signed by a ledger key, cosigned by which witnesses. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/merkle/checkpoint.hpp"
#include "common/merkle/cosignature.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::evidence {

// The keys of role witness; a key's label is the cosigner's name.
[[nodiscard]] std::vector<merkle::Cosigner> witnesses_of(const trust::TrustFile& trust);
// How many of them must cosign; 0 while the trust file names none.
[[nodiscard]] int witnesses_needed(const trust::TrustFile& trust);

struct CosignedBy {
    std::string name;
    Instant at{};  // by the witness's clock
};

struct TrustedCheckpoint {
    merkle::Checkpoint checkpoint;
    std::vector<CosignedBy> witnesses;
    int needed = 0;

    [[nodiscard]] bool cosigned() const { return static_cast<int>(witnesses.size()) >= needed; }
    // Errors: refused, with how many are missing.
    [[nodiscard]] Status check_cosigned() const;
};

// A cluster may have had several ledger keys; any that the trust file lists will do. Errors: refused (no such
// signature, a false one), invalid_argument.
[[nodiscard]] Result<merkle::Checkpoint> by_any_ledger_key(std::string_view note,
                                                           const trust::TrustFile& trust);
// The same, and who cosigned it; each witness counts once.
[[nodiscard]] Result<TrustedCheckpoint> read_checkpoint(std::string_view note, const trust::TrustFile& trust);

}  // namespace signalbox::evidence
