// SPDX-License-Identifier: Apache-2.0
// C2SP tiles: a path and a bundle of entries have one spelling; a tree read out of its tiles has its root,
// and out of tiles that were changed it has no other trouble than another root or an error.
#include "common/merkle/tile.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

void path(std::string_view text) {
    const auto tile = merkle::parse_tile_path(text);
    if (!tile) return;
    require(merkle::to_path(*tile) == text, "a tile has one path only");
    require(tile->width >= 1 && tile->width <= merkle::kTileWidth, "a tile has 1 to 256 columns");
}

void bundle(std::string_view bytes) {
    const auto leaves = merkle::parse_entry_bundle(bytes);
    if (!leaves) return;
    require(leaves->size() <= merkle::kTileWidth, "a bundle has at most 256 entries");
    if (leaves->empty()) return;
    const auto again = merkle::entry_bundle(*leaves);
    require(again && *again == bytes, "a bundle has one spelling only");
}

// The first two bytes say how large the tree is, the third which of the tiles that are fetched is changed,
// the fourth where, the fifth how; what follows stands in for the tile when the fifth is 0.
void tree(std::string_view input) {
    if (input.size() < 5) return;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(input[at]); };
    const std::uint64_t size = 1 + (byte(0) | static_cast<unsigned>(byte(1)) << 8U) % 700;
    merkle::MemoryTree truth;
    for (std::uint64_t i = 0; i < size; ++i) truth.append(merkle::leaf_hash(std::to_string(i)));
    int fetched = 0;
    bool changed = false;
    const auto fetch = [&](const merkle::TilePath& tile) -> Result<std::string> {
        require(tile.within(size), "only tiles of the tree are asked for");
        SB_TRY(std::string bytes, merkle::hash_tile(tile, truth.reader()));
        if (fetched++ != byte(2) % 4) return bytes;
        changed = true;
        if (byte(4) == 0) return std::string(input.substr(5));
        bytes[byte(3) % bytes.size()] = static_cast<char>(bytes[byte(3) % bytes.size()] ^ byte(4));
        return bytes;
    };
    const auto root = merkle::root(size, merkle::tile_reader(size, fetch));
    require(changed || (root && *root == truth.root()), "a tree read out of its tiles has its root");
}

}  // namespace

void one(std::string_view input) {
    path(text_of(input));
    bundle(input);
    tree(input);
}

}  // namespace signalbox::fuzz
