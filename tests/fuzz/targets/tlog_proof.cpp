// SPDX-License-Identifier: Apache-2.0
// Proofs as texts that travel: a tlog-proof that somebody hands to a reader, and the body that a witness is
// sent. A text that is read means one proof, and is written back byte for byte.
#include "common/merkle/tlog_proof.hpp"

#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {

void one(std::string_view input) {
    if (const auto proof = merkle::parse_tlog_proof(input)) {
        require(proof->hashes.size() <= merkle::kMaxProofHashes, "a proof has its cap");
        require(merkle::to_text(*proof) == input, "a proof has one text only");
    }
    if (const auto request = merkle::parse_add_checkpoint(input)) {
        require(request->consistency.size() <= merkle::kMaxProofHashes, "a proof has its cap");
        require(merkle::to_text(*request) == input, "a request has one text only");
    }
}

}  // namespace signalbox::fuzz
