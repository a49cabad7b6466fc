// SPDX-License-Identifier: Apache-2.0
#include "controller/ledger/tiles.hpp"

#include <fmt/format.h>

#include "common/merkle/tile.hpp"

namespace signalbox::ledger {

Result<std::string> read_tile(std::string_view path, const Ledger& ledger, LedgerStore& store) {
    SB_TRY(const merkle::TilePath tile, merkle::parse_tile_path(path));
    const std::uint64_t size = ledger.latest().checkpoint.size;
    if (!tile.within(size)) {
        return Error(Code::not_found, fmt::format("{} is not in a tree of {} entries", path, size),
                     "read the checkpoint first; it says how large the tree is");
    }
    if (tile.level) {
        return merkle::hash_tile(
            tile, [&](unsigned level, std::uint64_t index) { return store.node(level, index); });
    }
    EntryQuery query;
    query.from = tile.index * merkle::kTileWidth;
    query.limit = tile.width;
    SB_TRY(const auto entries, store.entries(query));
    if (entries.size() != tile.width)
        return Error(Code::data_loss, fmt::format("the store lacks entries of {}", path));
    std::vector<std::string> leaves;
    leaves.reserve(entries.size());
    for (const StoredEntry& stored : entries) leaves.push_back(stored.entry.leaf);
    return merkle::entry_bundle(leaves);
}

}  // namespace signalbox::ledger
