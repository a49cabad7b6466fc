// SPDX-License-Identifier: Apache-2.0
// One entry with the proof that the ledger holds it, and the two standard forms in which it travels: C2SP
// tlog-proof and Sigstore bundle v0.3. Pure. Format: docs/formats/evidence.md.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.hpp"
#include "common/crypto/keys.hpp"
#include "common/merkle/checkpoint.hpp"
#include "common/merkle/tree.hpp"

namespace signalbox::evidence {

struct ProvenEntry {
    std::uint64_t index = 0;
    std::string leaf;
    std::string envelope;
    merkle::Proof hashes;
    std::string checkpoint;  // the signed note
};

// The checkpoint is this key's, the leaf is the envelope's, and the tree holds it. Who may sign an entry is
// not judged: that takes the trust file and the ledger. Errors: refused, invalid_argument.
[[nodiscard]] Result<merkle::Checkpoint> check(const ProvenEntry& entry, const crypto::PublicKey& ledger_key);

// Bears the leaf as its extra data, so that the proof is whole in itself. Only for an entry that passed
// check().
[[nodiscard]] std::string tlog_proof(const ProvenEntry& entry);
// One line of JSON. The signer's key is named by its key id (`hint`), the log by the SHA-256 that its C2SP
// key id is cut from. It bears no time: nobody signed one. Errors: those of
// check(), which it asks first.
[[nodiscard]] Result<std::string> sigstore_bundle(const ProvenEntry& entry,
                                                  const crypto::PublicKey& ledger_key);

}  // namespace signalbox::evidence
