// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/tile.hpp"

#include <gtest/gtest.h>

#include <map>

namespace signalbox::merkle {
namespace {

MemoryTree tree_of(std::uint64_t size) {
    MemoryTree tree;
    for (std::uint64_t i = 0; i < size; ++i) tree.append(leaf_hash("leaf " + std::to_string(i)));
    return tree;
}

// Paths of c2sp.org/tlog-tiles: "index 1234067 will be encoded as x001/x234/067".
TEST(TilePath, IsTheOneOfTheSpecification) {
    EXPECT_EQ(to_path({0, 1234067}), "tile/0/x001/x234/067");
    EXPECT_EQ(to_path({63, 5, 112}), "tile/63/005.p/112");
    EXPECT_EQ(to_path({std::nullopt, 1000, 1}), "tile/entries/x001/000.p/1");
    for (const TilePath& tile :
         {TilePath{0, 0}, TilePath{7, 999'999'999'999}, TilePath{std::nullopt, 42, 255}})
        EXPECT_EQ(parse_tile_path(to_path(tile)).value(), tile) << to_path(tile);
    for (const char* bad : {"",
                            "tile",
                            "tile/0",
                            "tile/0/",
                            "tile/00/000",
                            "tile/64/000",
                            "tile/-1/000",
                            "tile/0/0",
                            "tile/0/0000",
                            "tile/0/x000/001",
                            "tile/0/000/001",
                            "tile/0/x001",
                            "tile/0/000.p",
                            "tile/0/000.p/",
                            "tile/0/000.p/0",
                            "tile/0/000.p/256",
                            "tile/0/000.p/01",
                            "tile/0/000/",
                            "tile/0/000.p/1/2",
                            "tile//000",
                            "tile/x/000",
                            "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/000",
                            "tile/0/..%2f000",
                            "Tile/0/000"}) {
        EXPECT_EQ(parse_tile_path(bad).error().code(), Code::invalid_argument) << bad;
    }
}

// The figures of c2sp.org/tlog-tiles for a tree of 70,000.
TEST(TilePath, ATreeHasItsTilesAndNoOthers) {
    const std::uint64_t size = 70'000;
    EXPECT_TRUE((TilePath{0, 272}.within(size)));
    EXPECT_TRUE((TilePath{0, 273, 112}.within(size)));
    EXPECT_FALSE((TilePath{0, 273, 113}.within(size)));
    EXPECT_FALSE((TilePath{0, 273}.within(size)));
    EXPECT_TRUE((TilePath{1, 0}.within(size)));
    EXPECT_TRUE((TilePath{1, 1, 17}.within(size)));
    EXPECT_FALSE((TilePath{1, 1, 18}.within(size)));
    EXPECT_TRUE((TilePath{2, 0, 1}.within(size)));
    EXPECT_FALSE((TilePath{2, 0, 2}.within(size)));
    EXPECT_FALSE((TilePath{8, 0, 1}.within(size)));
    EXPECT_FALSE((TilePath{0, ~0ULL, 1}.within(~0ULL >> 1)));
    EXPECT_TRUE((TilePath{std::nullopt, 273, 112}.within(size)));
    EXPECT_FALSE((TilePath{0, 0, 1}.within(0)));
}

TEST(HashTiles, GiveTheTreeBackToSomebodyWhoHasNothingElse) {
    const std::uint64_t size = 70'000;
    const MemoryTree tree = tree_of(size);
    std::map<std::string, int> fetched;
    const NodeReader reader = tile_reader(size, [&](const TilePath& tile) -> Result<std::string> {
        EXPECT_TRUE(tile.within(size)) << to_path(tile);
        ++fetched[to_path(tile)];
        return hash_tile(tile, tree.reader());
    });
    EXPECT_EQ(root(size, reader).value(), tree.root());
    const Hash leaf = leaf_hash("leaf 69000");
    EXPECT_TRUE(
        verify_inclusion(leaf, 69'000, size, inclusion_proof(69'000, size, reader).value(), tree.root()));
    EXPECT_TRUE(verify_consistency(1234, root(1234, tree.reader()).value(), size, tree.root(),
                                   consistency_proof(1234, size, reader).value()));
    for (const auto& [path, times] : fetched) EXPECT_EQ(times, 1) << path;
    EXPECT_FALSE(reader(0, size)) << "beyond the end";
}

TEST(HashTiles, ACutTileIsNoTile) {
    const NodeReader reader = tile_reader(3, [](const TilePath&) { return std::string(95, 'x'); });
    EXPECT_EQ(root(3, reader).error().code(), Code::invalid_argument);
}

TEST(EntryBundles, AreLengthPrefixedInBigEndian) {
    const std::vector<std::string> leaves{"a", "", std::string(300, 'b')};
    const std::string bytes = entry_bundle(leaves).value();
    EXPECT_EQ(bytes.substr(0, 7), std::string("\0\1a\0\0\1\x2c", 7));
    EXPECT_EQ(parse_entry_bundle(bytes).value(), leaves);
    EXPECT_FALSE(parse_entry_bundle(bytes.substr(0, bytes.size() - 1)));
    EXPECT_FALSE(parse_entry_bundle(std::string_view("\0", 1)));
    EXPECT_FALSE(parse_entry_bundle(std::string(514, '\0'))) << "257 entries";
    EXPECT_FALSE(entry_bundle({std::string(65'536, 'x')}));
}

}  // namespace
}  // namespace signalbox::merkle
