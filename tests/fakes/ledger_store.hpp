// SPDX-License-Identifier: Apache-2.0
// A LedgerStore in memory. Not thread-safe, like the real one.
#pragma once

#include <algorithm>
#include <map>

#include "controller/ledger/store.hpp"

namespace signalbox::fakes {

class LedgerStore final : public ledger::LedgerStore {
  public:
    // Every append and save fails with this while it is set.
    std::optional<Error> failure;

    Result<std::uint64_t> append(const std::vector<ledger::PendingEntry>& entries) override {
        if (failure) return *failure;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (!entries[i].agent) continue;
            const auto same = [&](const ledger::PendingEntry& other) {
                return other.agent == entries[i].agent && other.seq == entries[i].seq;
            };
            if (std::any_of(entries_.begin(), entries_.end(), same) ||
                std::any_of(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(i), same))
                return Error(Code::conflict, "the record is in the ledger already");
        }
        const std::uint64_t first = entries_.size();
        for (const auto& entry : entries) {
            tree_.append(entry.leaf_hash);
            entries_.push_back(entry);
            for (const auto& text : {entry.out, entry.err})
                if (text) outputs_.emplace(crypto::sha256(*text), *text);
        }
        return first;
    }
    Result<std::uint64_t> size() override { return std::uint64_t{entries_.size()}; }
    Result<merkle::Hash> node(unsigned level, std::uint64_t index) override {
        return tree_.reader()(level, index);
    }
    Result<std::vector<ledger::StoredEntry>> entries(const ledger::EntryQuery& query) override {
        std::vector<ledger::StoredEntry> found;
        for (std::uint64_t i = query.from;
             i < std::min<std::uint64_t>(query.before.value_or(~0ULL), entries_.size()); ++i) {
            const auto& entry = entries_[i];
            if (query.agent && (entry.agent != query.agent || entry.seq <= query.after_seq)) continue;
            if (!query.kind.empty() && entry.kind != query.kind) continue;
            found.push_back({i, entry});
            if (!query.with_output) found.back().entry.out = found.back().entry.err = std::nullopt;
        }
        if (query.newest_first) std::reverse(found.begin(), found.end());
        if (found.size() > query.limit) found.resize(query.limit);
        return found;
    }
    Result<std::optional<ledger::AgentTail>> agent_tail(const AgentId& agent) override {
        std::optional<ledger::AgentTail> tail;
        for (std::uint64_t i = 0; i < entries_.size(); ++i) {
            const auto& entry = entries_[i];
            if (entry.agent == agent && (!tail || *entry.seq > tail->seq))
                tail = {*entry.seq, i, entry.payload_sha256};
        }
        return tail;
    }
    Status save_checkpoint(const ledger::SignedCheckpoint& checkpoint) override {
        if (failure) return *failure;
        const auto [place, added] = checkpoints_.emplace(checkpoint.checkpoint.size, checkpoint);
        if (!added && place->second.checkpoint.root != checkpoint.checkpoint.root)
            return Error(Code::conflict, "another root is kept for this size");
        return {};
    }
    Result<std::optional<ledger::SignedCheckpoint>> latest_checkpoint() override {
        if (checkpoints_.empty()) return std::optional<ledger::SignedCheckpoint>{};
        return std::optional(checkpoints_.rbegin()->second);
    }
    Result<std::optional<std::string>> output(const crypto::Digest& sha256) override {
        const auto found = outputs_.find(sha256);
        if (found == outputs_.end()) return std::optional<std::string>{};
        return std::optional(found->second);
    }

    // For tests that tamper.
    [[nodiscard]] std::vector<ledger::PendingEntry>& raw() { return entries_; }

  private:
    std::vector<ledger::PendingEntry> entries_;
    merkle::MemoryTree tree_;
    std::map<std::uint64_t, ledger::SignedCheckpoint> checkpoints_;
    std::map<crypto::Digest, std::string> outputs_;
};

}  // namespace signalbox::fakes
