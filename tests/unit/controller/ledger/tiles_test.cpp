// SPDX-License-Identifier: Apache-2.0
#include "controller/ledger/tiles.hpp"

#include <gtest/gtest.h>

#include "common/merkle/tile.hpp"
#include "tests/fakes/ledger_store.hpp"
#include "tests/fakes/manual_strand.hpp"

namespace signalbox::ledger {
namespace {

TEST(Tiles, GiveWhatTheCheckpointCoversAndNoMore) {
    const auto key = crypto::SigningKey::generate();
    fakes::ManualClock clock;
    fakes::ManualStrand strand(clock);
    fakes::LedgerStore store;
    Ledger ledger(ClusterId("demo"), key, store, strand, clock);
    ASSERT_TRUE(ledger.open().ok());
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(ledger.append("release_event", {{"n", i}}).ok());
    EXPECT_EQ(read_tile("tile/0/000.p/1", ledger, store).error().code(), Code::not_found)
        << "no checkpoint covers it yet";
    const auto checkpoint = ledger.checkpoint_now().value().checkpoint;
    const auto fetch = [&](const merkle::TilePath& tile) { return read_tile(to_path(tile), ledger, store); };
    EXPECT_EQ(merkle::root(300, merkle::tile_reader(300, fetch)).value(), checkpoint.root);

    std::uint64_t index = 0;
    for (const char* path : {"tile/entries/000", "tile/entries/001.p/44"}) {
        const auto leaves = merkle::parse_entry_bundle(read_tile(path, ledger, store).value()).value();
        for (const std::string& leaf : leaves) EXPECT_EQ(leaf, store.raw()[index++].leaf);
    }
    EXPECT_EQ(index, 300U);
    EXPECT_EQ(read_tile("tile/entries/001", ledger, store).error().code(), Code::not_found);
    EXPECT_EQ(read_tile("tile/entries/001.p/45", ledger, store).error().code(), Code::not_found);
    EXPECT_EQ(read_tile("tile/entries/1", ledger, store).error().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace signalbox::ledger
