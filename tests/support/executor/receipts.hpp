// SPDX-License-Identifier: Apache-2.0
// The ledger's side of an acknowledgement: a tree that holds a host's records, its checkpoint and the proofs.
#pragma once

#include <vector>

#include "agent/ipc/messages.hpp"
#include "common/merkle/checkpoint.hpp"
#include "common/merkle/tree.hpp"
#include "common/record/record.hpp"
#include "tests/support/executor/live_executor.hpp"

namespace signalbox::executor {

class LedgerOf {
  public:
    // Entry 0 is somebody else's; the records that wait at the executor follow, in their order.
    explicit LedgerOf(LiveExecutor& executor) : key_(&executor.deployment.trust.ledger) {
        tree.append(merkle::leaf_hash("somebody else's entry"));
        const auto rows = executor.client->records(0, 100);
        EXPECT_TRUE(rows.ok());
        for (const auto& row : *rows) {
            tree.append(merkle::leaf_hash(record::ledger_leaf(row.envelope, executor.deployment.record_key)));
            seqs_.push_back(row.seq);
        }
    }
    [[nodiscard]] std::string note(const merkle::MemoryTree& of) const {
        return merkle::sign_checkpoint({merkle::origin_of("demo"), of.size(), of.root()}, *key_);
    }
    // For every record.
    [[nodiscard]] ipc::ReceiptsRequest receipts() const {
        ipc::ReceiptsRequest request;
        request.checkpoint = note(tree);
        for (std::size_t i = 0; i < seqs_.size(); ++i)
            request.items.push_back({seqs_[i], static_cast<std::int64_t>(i + 1),
                                     merkle::inclusion_proof(i + 1, tree.size(), tree.reader()).value()});
        return request;
    }

    merkle::MemoryTree tree;

  private:
    const crypto::SigningKey* key_;
    std::vector<std::int64_t> seqs_;
};

}  // namespace signalbox::executor
