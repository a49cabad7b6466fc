// SPDX-License-Identifier: Apache-2.0
#include "controller/ledger/api/ledger_api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace signalbox::ledger {
namespace {

template <class Hashes>
void put(const merkle::Proof& proof, Hashes& hashes) {
    for (const merkle::Hash& hash : proof) hashes.Add(to_text(hash.view()));
}

}  // namespace

void LedgerApi::get_checkpoint(const access::Caller& /*caller*/, const v1::GetCheckpointRequest& /*request*/,
                               std::function<void(Result<v1::GetCheckpointResponse>)> reply) {
    publisher_.newest([reply = std::move(reply)](Result<SignedCheckpoint> newest) {
        if (!newest) return reply(std::move(newest).error());
        v1::GetCheckpointResponse response;
        response.set_checkpoint(newest->note);
        response.set_size(newest->checkpoint.size);
        reply(std::move(response));
    });
}

Result<v1::ListEntriesResponse> LedgerApi::list_entries(const access::Caller& /*caller*/,
                                                        const v1::ListEntriesRequest& request) {
    EntryQuery query;
    query.newest_first = request.newest_first();
    query.limit = request.limit() == 0 ? 100 : std::min<std::size_t>(request.limit(), kMaxEntries);
    if (!query.newest_first) {
        query.from = request.from();
    } else if (request.from() != 0) {
        query.before = request.from();
    }
    v1::ListEntriesResponse response;
    SB_TRY(const auto size, ledger_.size());
    response.set_size(size);
    if (!query.newest_first && query.from >= size) return response;
    SB_TRY(const auto entries, ledger_.entries(query));
    std::size_t bytes = 0;
    for (const auto& stored : entries) {
        auto* entry = response.add_entries();
        entry->set_index(stored.index);
        entry->set_leaf(stored.entry.leaf);
        entry->set_envelope(stored.entry.envelope);
        bytes += stored.entry.leaf.size() + stored.entry.envelope.size();
        if (bytes > kMaxBytes) break;
    }
    return response;
}

void LedgerApi::prove(const access::Caller& /*caller*/, const v1::ProveRequest& request,
                      std::function<void(Result<v1::ProveResponse>)> reply) {
    if (request.indexes_size() > kMaxProofs) {
        return reply(Error(Code::invalid_argument,
                           fmt::format("{} proofs at once; at most {}", request.indexes_size(), kMaxProofs),
                           "ask for them in several calls"));
    }
    publisher_.newest([this, request, reply = std::move(reply)](Result<SignedCheckpoint> newest) {
        if (!newest) return reply(std::move(newest).error());
        reply(prove_by(*newest, request));
    });
}

Result<v1::ProveResponse> LedgerApi::prove_by(const SignedCheckpoint& checkpoint,
                                              const v1::ProveRequest& request) {
    const std::uint64_t size = checkpoint.checkpoint.size;
    v1::ProveResponse response;
    response.set_checkpoint(checkpoint.note);
    response.set_size(size);
    response.set_ledger_key(ledger_.key().paserk());
    std::size_t bytes = 0;
    for (const std::uint64_t index : request.indexes()) {
        if (index >= size) {
            return Error(Code::not_found, fmt::format("the ledger has no entry {}: it holds {}", index, size),
                         "signalbox ledger show lists the newest");
        }
        EntryQuery query;
        query.from = index;
        query.limit = 1;
        SB_TRY(const auto found, ledger_.entries(query));
        if (found.empty() || found.front().index != index)
            return Error(Code::data_loss, fmt::format("entry {} is missing in the store", index));
        SB_TRY(const auto proof, ledger_.inclusion(index, size));
        v1::EntryProof* out = response.add_entries();
        out->mutable_entry()->set_index(index);
        out->mutable_entry()->set_leaf(found.front().entry.leaf);
        out->mutable_entry()->set_envelope(found.front().entry.envelope);
        put(proof, *out->mutable_hashes());
        bytes += found.front().entry.leaf.size() + found.front().entry.envelope.size();
        if (bytes > kMaxBytes) break;
    }
    if (request.from_size() != 0) {
        SB_TRY(const auto proof, ledger_.consistency(request.from_size(), size));
        put(proof, *response.mutable_consistency());
    }
    return response;
}

}  // namespace signalbox::ledger
