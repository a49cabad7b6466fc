// SPDX-License-Identifier: Apache-2.0
#include "controller/ledger/ledger.hpp"

#include <fmt/format.h>

namespace signalbox::ledger {

Ledger::Ledger(ClusterId cluster, const crypto::SigningKey& ledger_key, LedgerStore& store,
               async::Strand& strand, const Clock& clock)
    : sealer_(cluster, ledger_key),
      key_(&ledger_key),
      store_(store),
      strand_(strand),
      clock_(clock),
      origin_(merkle::origin_of(cluster.str())) {}

Ledger::~Ledger() {
    strand_.cancel(timer_);
}

merkle::NodeReader Ledger::reader() {
    return [this](unsigned level, std::uint64_t index) { return store_.node(level, index); };
}

Result<merkle::Hash> Ledger::root_at(std::uint64_t size) {
    return merkle::root(size, reader());
}

void Ledger::use_keys(const crypto::SigningKey& key, std::vector<const crypto::SigningKey*> also) {
    key_ = &key;
    also_ = std::move(also);
    sealer_.use_key(key);
}

Status Ledger::open(const std::vector<crypto::PublicKey>& known) {
    const char* const remedy =
        "Stop, keep the store for analysis and restore the last backup; agents that pinned a later "
        "checkpoint will refuse a shorter ledger.";
    SB_TRY(const auto size, store_.size());
    SB_TRY(auto latest, store_.latest_checkpoint());
    if (latest) {
        auto verified = merkle::verify_checkpoint(latest->note, origin_, key_->public_key());
        for (auto key = known.begin(); !verified && key != known.end(); ++key)
            verified = merkle::verify_checkpoint(latest->note, origin_, *key);
        if (!verified)
            return std::move(verified)
                .error()
                .with_context("the ledger's newest checkpoint")
                .with_remedy(remedy);
        if (verified->size > size)
            return Error(Code::data_loss,
                         fmt::format("the ledger holds {} entries but its newest checkpoint covers {}", size,
                                     verified->size),
                         remedy);
        SB_TRY(const auto root, root_at(verified->size));
        if (root != verified->root)
            return Error(Code::data_loss,
                         fmt::format("the ledger's first {} entries do not have the root of their checkpoint",
                                     verified->size),
                         remedy);
        latest_ = {*std::move(verified), std::move(latest->note)};
    }
    SB_CHECK(checkpoint_now());
    return {};
}

Result<std::uint64_t> Ledger::append(const std::vector<PendingEntry>& entries) {
    SB_TRY(const auto first, store_.append(entries));
    appended();
    return first;
}

Result<std::uint64_t> Ledger::append(std::string_view kind, json::Json data) {
    return append({sealer_.decision(kind, std::move(data), clock_.now())});
}

void Ledger::appended() {
    schedule(kGroup);
}

void Ledger::schedule(Duration delay) {
    if (timer_ != async::TimerId::none) return;
    timer_ = strand_.post_at(clock_.now() + delay, [this] {
        timer_ = async::TimerId::none;
        if (auto made = checkpoint_now(); !made) {
            for (const auto& listener : trouble_) listener(made.error());
            schedule(kRetry);
        }
    });
}

void Ledger::on_checkpoint(std::function<void(const SignedCheckpoint&)> callback) {
    listeners_.push_back(std::move(callback));
}

void Ledger::on_trouble(std::function<void(const Error&)> callback) {
    trouble_.push_back(std::move(callback));
}

Result<SignedCheckpoint> Ledger::checkpoint_now() {
    SB_TRY(const auto size, store_.size());
    if (!latest_.note.empty() && latest_.checkpoint.size == size) return latest_;
    SB_TRY(const auto root, root_at(size));
    const merkle::Checkpoint checkpoint{origin_, size, root};
    SignedCheckpoint made{checkpoint, merkle::sign_checkpoint(checkpoint, *key_, also_)};
    SB_CHECK(store_.save_checkpoint(made));
    latest_ = std::move(made);
    for (const auto& listener : listeners_) listener(latest_);
    return latest_;
}

Result<std::uint64_t> Ledger::size() {
    return store_.size();
}

Result<std::vector<StoredEntry>> Ledger::entries(const EntryQuery& query) {
    return store_.entries(query);
}

Result<std::optional<AgentTail>> Ledger::agent_tail(const AgentId& agent) {
    return store_.agent_tail(agent);
}

Result<std::optional<std::string>> Ledger::output(const crypto::Digest& sha256) {
    return store_.output(sha256);
}

Result<merkle::Proof> Ledger::inclusion(std::uint64_t index, std::uint64_t size) {
    SB_TRY(const auto have, store_.size());
    if (size > have)
        return Error(Code::invalid_argument, fmt::format("the ledger holds {} entries, not {}", have, size));
    return merkle::inclusion_proof(index, size, reader());
}

Result<merkle::Proof> Ledger::consistency(std::uint64_t from, std::uint64_t to) {
    SB_TRY(const auto have, store_.size());
    if (to > have)
        return Error(Code::invalid_argument, fmt::format("the ledger holds {} entries, not {}", have, to));
    return merkle::consistency_proof(from, to, reader());
}

Result<AgentReceipts> Ledger::receipts(const AgentId& agent, std::int64_t acked_seq,
                                       std::uint64_t pinned_size, std::size_t limit) {
    const std::uint64_t size = latest_.checkpoint.size;
    if (pinned_size > size)
        return Error(Code::failed_precondition,
                     fmt::format("agent {} has seen a ledger of {} entries, this one's checkpoint covers {}",
                                 agent.str(), pinned_size, size),
                     "The ledger was cut or replaced: restore the newest backup before releasing anything.");
    AgentReceipts answer;
    answer.checkpoint = latest_;
    answer.from_size = pinned_size;
    if (pinned_size != 0 && pinned_size != size) {
        SB_TRY(answer.consistency, consistency(pinned_size, size));
    }
    if (limit == 0) return answer;
    EntryQuery query;
    query.agent = agent;
    query.after_seq = acked_seq;
    query.before = size;
    query.limit = limit;
    SB_TRY(const auto records, store_.entries(query));
    for (const auto& stored : records) {
        SB_TRY(auto proof, inclusion(stored.index, size));
        answer.receipts.push_back({*stored.entry.seq, stored.index, std::move(proof)});
    }
    return answer;
}

}  // namespace signalbox::ledger
