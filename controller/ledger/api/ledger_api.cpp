// SPDX-License-Identifier: Apache-2.0
#include "controller/ledger/api/ledger_api.hpp"

#include <algorithm>

namespace signalbox::ledger {

Result<v1::GetCheckpointResponse> LedgerApi::get_checkpoint(const access::Caller& /*caller*/,
                                                            const v1::GetCheckpointRequest& /*request*/) {
    SB_TRY(const auto latest, ledger_.checkpoint_now());
    v1::GetCheckpointResponse response;
    response.set_checkpoint(latest.note);
    response.set_size(latest.checkpoint.size);
    return response;
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

}  // namespace signalbox::ledger
