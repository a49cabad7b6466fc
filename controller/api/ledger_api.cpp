// SPDX-License-Identifier: Apache-2.0
#include "controller/api/ledger_api.hpp"

#include <algorithm>

namespace signalbox::api {
namespace {

constexpr std::size_t kMaxEntries = 1000;
constexpr std::size_t kMaxPageBytes = 3U << 19;

}  // namespace

Result<v1::GetCheckpointResponse> LedgerApi::get_checkpoint(const access::Caller& /*caller*/,
                                                            const v1::GetCheckpointRequest& /*request*/) {
    SB_TRY(const auto signed_checkpoint, ledger_.checkpoint_now());
    v1::GetCheckpointResponse out;
    out.set_checkpoint(signed_checkpoint.note);
    out.set_size(signed_checkpoint.checkpoint.size);
    return out;
}

Result<v1::ListEntriesResponse> LedgerApi::list_entries(const access::Caller& /*caller*/,
                                                        const v1::ListEntriesRequest& request) {
    ledger::EntryQuery query;
    query.limit = std::min<std::size_t>(request.limit() == 0 ? 100 : request.limit(), kMaxEntries);
    query.newest_first = request.newest_first();
    if (!query.newest_first) query.from = request.from();
    if (query.newest_first && request.from() != 0) query.before = request.from();
    SB_TRY(auto entries, ledger_.entries(query));
    v1::ListEntriesResponse out;
    SB_TRY(const auto size, ledger_.size());
    out.set_size(size);
    std::size_t bytes = 0;
    for (auto& stored : entries) {
        bytes += stored.entry.leaf.size() + stored.entry.envelope.size();
        if (bytes > kMaxPageBytes && out.entries_size() > 0) break;
        auto& entry = *out.add_entries();
        entry.set_index(stored.index);
        entry.set_leaf(std::move(stored.entry.leaf));
        entry.set_envelope(std::move(stored.entry.envelope));
    }
    return out;
}

}  // namespace signalbox::api
