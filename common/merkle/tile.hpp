// SPDX-License-Identifier: Apache-2.0
// C2SP tlog-tiles (c2sp.org/tlog-tiles): a tree and its entries as files that never change. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/merkle/tree.hpp"

namespace signalbox::merkle {

inline constexpr unsigned kTileHeight = 8;
inline constexpr unsigned kTileWidth = 256;

struct TilePath {
    std::optional<unsigned> level;  // 0 to 63; nothing: a bundle of entries
    std::uint64_t index = 0;
    unsigned width = kTileWidth;  // less: partial
    friend bool operator==(const TilePath&, const TilePath&) = default;

    // Whether a tree of this size has all of it.
    [[nodiscard]] bool within(std::uint64_t size) const;
};

// "tile/0/x001/234.p/5", "tile/entries/000".
[[nodiscard]] std::string to_path(const TilePath& tile);
// Strict: one spelling each. Errors: invalid_argument.
[[nodiscard]] Result<TilePath> parse_tile_path(std::string_view path);

// The bytes of a tile of hashes. Errors: the reader's.
[[nodiscard]] Result<std::string> hash_tile(const TilePath& tile, const NodeReader& read);
// Each leaf must be shorter than 64 KiB. Errors: invalid_argument.
[[nodiscard]] Result<std::string> entry_bundle(const std::vector<std::string>& leaves);
// Errors: invalid_argument.
[[nodiscard]] Result<std::vector<std::string>> parse_entry_bundle(std::string_view bytes);

// The bytes of a tile of hashes, from wherever tiles are kept.
using TileFetch = std::function<Result<std::string>(const TilePath&)>;
// Reads nodes of the tree of `size` entries out of its tiles; keeps those that it has fetched. What it gives
// is as true as the tiles are: compare the root that follows from it.
[[nodiscard]] NodeReader tile_reader(std::uint64_t size, TileFetch fetch);

}  // namespace signalbox::merkle
