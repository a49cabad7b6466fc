// SPDX-License-Identifier: Apache-2.0
#include "controller/ledger/sealer.hpp"

#include <fmt/format.h>

namespace signalbox::ledger {

Sealer::Sealer(ClusterId cluster, const crypto::SigningKey& ledger_key)
    : cluster_(std::move(cluster)), ledger_key_(&ledger_key) {}

PendingEntry Sealer::decision(std::string_view kind, json::Json data, Instant now) const {
    const record::Decision decision{cluster_, now, std::string(kind), std::move(data)};
    PendingEntry entry;
    entry.payload_sha256 = crypto::sha256(record::serialize(decision));
    entry.envelope = record::seal(decision, *ledger_key_);
    entry.leaf = record::ledger_leaf(entry.envelope, ledger_key_->public_key());
    entry.leaf_hash = merkle::leaf_hash(entry.leaf);
    entry.kind = fmt::format("decision:{}", kind);
    return entry;
}

Result<PendingEntry> Sealer::record(std::string envelope, const record::ActionRecord& record,
                                    const crypto::PublicKey& record_key) {
    SB_TRY(const auto opened, record::open(envelope));
    PendingEntry entry;
    entry.payload_sha256 = crypto::sha256(opened.envelope.payload);
    entry.leaf = record::ledger_leaf(envelope, record_key);
    entry.leaf_hash = merkle::leaf_hash(entry.leaf);
    entry.envelope = std::move(envelope);
    entry.kind = fmt::format("action:{}", record::to_string(record.kind));
    entry.agent = record.agent_id;
    entry.seq = record.seq;
    return entry;
}

}  // namespace signalbox::ledger
