// SPDX-License-Identifier: Apache-2.0
// One entry on its way into the ledger, and one that is in it. Values: an entry is never changed or removed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/keys.hpp"
#include "common/merkle/tree.hpp"
#include "common/model/ids.hpp"

namespace signalbox::ledger {

struct KeyChange {
    crypto::PublicKey next;
    Instant at{};  // by the host's clock
};

// Made by a Sealer; appended by a store in the transaction of the change that it tells of.
struct PendingEntry {
    std::string envelope;  // DSSE text
    std::string leaf;      // canonical body of the tree's leaf
    merkle::Hash leaf_hash;
    crypto::Digest payload_sha256;  // of the bytes that the envelope signs
    std::string kind;               // "action:finished", "decision:token_minted"
    // Of an agent's record only.
    std::optional<AgentId> agent;
    std::optional<std::int64_t> seq;
    std::optional<KeyChange> key_change{};  // the record names the key that signs the agent's next one
    std::optional<std::string> out, err;    // output beside the record, by digest; at most 64 KiB each
};

struct StoredEntry {
    std::uint64_t index = 0;  // of the leaf, from 0
    PendingEntry entry;       // out and err only when asked for
};

}  // namespace signalbox::ledger
