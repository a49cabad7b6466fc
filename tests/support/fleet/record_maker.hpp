// SPDX-License-Identifier: Apache-2.0
// Makes the chained, signed records of one host, as its executor would.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "common/record/record.hpp"

namespace signalbox::support {

class RecordMaker {
  public:
    RecordMaker(ClusterId cluster, AgentId agent, crypto::SigningKey key)
        : cluster_(std::move(cluster)),
          agent_(std::move(agent)),
          key_(std::make_shared<const crypto::SigningKey>(std::move(key))) {}

    // Signs with the same key about another agent or cluster, from its first record on.
    [[nodiscard]] RecordMaker same_key(ClusterId cluster, AgentId agent) const {
        RecordMaker made = *this;
        made.cluster_ = std::move(cluster);
        made.agent_ = std::move(agent);
        made.seq_ = 0;
        made.prev_ = {};
        return made;
    }

    // The next record; the chain goes on from it.
    std::string next(const std::string& output = {}) {
        record::ActionRecord record = make(seq_ + 1, output);
        ++seq_;
        prev_ = crypto::sha256(record::serialize(record));
        return record::seal(record, *key_);
    }
    // A record of any number that the chain does not go on from.
    [[nodiscard]] std::string any(std::int64_t seq, const std::string& boot_id = "other") const {
        record::ActionRecord record = make(seq, {});
        record.boot_id = boot_id;
        return record::seal(record, *key_);
    }
    // The record that hands over to this key; what follows is signed by it.
    std::string rotate(crypto::SigningKey to) {
        record::ActionRecord record = make(seq_ + 1, {});
        record.kind = record::Kind::key_rotated;
        const std::string said =
            record::rotation_message(cluster_, agent_, key_->public_key().id(), to.public_key().id());
        record.next_key = record::NextKey{to.public_key(), to.sign_now(as_bytes(said))};
        ++seq_;
        prev_ = crypto::sha256(record::serialize(record));
        const std::string sealed = record::seal(record, *key_);
        key_ = std::make_shared<const crypto::SigningKey>(std::move(to));
        return sealed;
    }
    [[nodiscard]] std::int64_t seq() const { return seq_; }
    [[nodiscard]] const crypto::SigningKey& key() const { return *key_; }

  private:
    [[nodiscard]] record::ActionRecord make(std::int64_t seq, const std::string& output) const {
        record::ActionRecord record;
        record.cluster_id = cluster_;
        record.agent_id = agent_;
        record.boot_id = "boot";
        record.seq = seq;
        record.prev = prev_;
        record.time_wall = from_unix_seconds(1'800'000'000);
        record.kind = record::Kind::observed;
        if (!output.empty()) {
            record.stdout_sha256 = crypto::sha256(output);
            record.stdout_len = std::ssize(output);
        }
        return record;
    }

    ClusterId cluster_;
    AgentId agent_;
    std::shared_ptr<const crypto::SigningKey> key_;
    std::int64_t seq_ = 0;
    crypto::Digest prev_;
};

}  // namespace signalbox::support
