// SPDX-License-Identifier: Apache-2.0
// Rows 36 of the attack table as a watcher sees them, who has nothing but checkpoints and tiles.
#include "controller/cli/ledger_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/merkle/cosignature.hpp"
#include "common/merkle/signed_note.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::cli {
namespace {

using testing::HasSubstr;

constexpr Duration kMaxAge = std::chrono::minutes(30);

class LedgerWatch : public testing::Test {
  protected:
    static merkle::MemoryTree tree_of(int size, int bad = -1) {
        merkle::MemoryTree out;
        for (int i = 0; i < size; ++i)
            out.append(merkle::leaf_hash((i == bad ? "forged " : "entry ") + std::to_string(i)));
        return out;
    }
    std::string note(const merkle::MemoryTree& tree, bool cosigned = false) const {
        const std::string text =
            merkle::sign_checkpoint({merkle::origin_of("demo"), tree.size(), tree.root()}, keys.ledger);
        return cosigned
                   ? text + merkle::cosign(merkle::parse_note(text)->text, "witness.example/w", witness, now)
                   : text;
    }
    WatchVerdict see(const merkle::MemoryTree& tree, bool cosigned = false) {
        return see(note(tree, cosigned), tree);
    }
    WatchVerdict see(const std::string& text, const merkle::MemoryTree& tiles) {
        auto verdict = look(
            memory, text,
            [&](const merkle::TilePath& tile) { return merkle::hash_tile(tile, tiles.reader()); }, keys.file,
            now, kMaxAge);
        EXPECT_TRUE(verdict.ok()) << verdict.error().to_string();
        if (verdict->alarm != WatchAlarm::forked)
            memory = parse_watch_memory(serialize(verdict->next)).value();
        return *verdict;
    }
    void ask_for_witness() {
        const auto id = witness.public_key().id();
        keys.file.keys.emplace(id, trust::TrustedKey{witness.public_key(), "witness.example/w"});
        keys.file.roles["witness"] = {{id}, 1};
    }

    fakes::TrustFixture keys;
    crypto::SigningKey witness = fakes::test_key(60);
    Instant now = from_unix_seconds(1'800'000'000);
    std::optional<WatchMemory> memory;
};

TEST_F(LedgerWatch, FollowsALedgerThatOnlyGrows) {
    for (const int size : {1, 5, 300, 300, 70'000}) {
        const WatchVerdict verdict = see(tree_of(size));
        EXPECT_EQ(verdict.alarm, WatchAlarm::none) << verdict.what;
        EXPECT_EQ(verdict.seen->checkpoint.size, static_cast<std::uint64_t>(size));
        now += std::chrono::minutes(1);
    }
}

TEST_F(LedgerWatch, attack_36_a_cut_forked_replaced_or_swapped_ledger_raises_the_alarm) {
    ASSERT_EQ(see(tree_of(20)).alarm, WatchAlarm::none);
    const WatchMemory before = *memory;
    EXPECT_THAT(see(tree_of(19)).what, HasSubstr("shows 19 entries, and has shown 20"));
    EXPECT_THAT(see(tree_of(20, 7)).what, HasSubstr("another tree of 20 entries"));
    for (const int bad : {0, 7, 19}) {
        const WatchVerdict verdict = see(tree_of(30, bad));
        EXPECT_EQ(verdict.alarm, WatchAlarm::forked);
        EXPECT_THAT(verdict.what, HasSubstr("does not extend the one of 20"));
    }
    merkle::MemoryTree swapped;
    for (int i = 0; i < 30; ++i)
        swapped.append(merkle::leaf_hash("entry " + std::to_string(i == 3 ? 4 : i == 4 ? 3 : i)));
    EXPECT_EQ(see(swapped).alarm, WatchAlarm::forked);
    EXPECT_EQ(memory->checkpoint, before.checkpoint) << "a fork is not taken for what was seen";
    EXPECT_EQ(see(tree_of(30)).alarm, WatchAlarm::none) << "the true one still is";
}

TEST_F(LedgerWatch, attack_36_a_checkpoint_without_its_tiles_or_its_signature_raises_the_alarm) {
    EXPECT_THAT(see(note(tree_of(20)), tree_of(20, 3)).what, HasSubstr("its tiles are not those"));
    const std::string foreign =
        merkle::sign_checkpoint({merkle::origin_of("demo"), 20, tree_of(20).root()}, keys.token);
    EXPECT_THAT(see(foreign, tree_of(20)).what, HasSubstr("not a checkpoint of this ledger"));
    EXPECT_EQ(see("rubbish", tree_of(20)).alarm, WatchAlarm::forked);
}

TEST_F(LedgerWatch, RaisesTheAlarmWhenNothingIsNewForTooLong) {
    ASSERT_EQ(see(tree_of(20)).alarm, WatchAlarm::none);
    now += kMaxAge;
    ASSERT_EQ(see(tree_of(20)).alarm, WatchAlarm::none);
    now += std::chrono::seconds(1);
    const WatchVerdict verdict = see(tree_of(20));
    EXPECT_EQ(verdict.alarm, WatchAlarm::stale);
    EXPECT_THAT(verdict.what, HasSubstr("20 entries since 2027-01-15T08:00:00Z"));
    EXPECT_EQ(see(tree_of(21)).alarm, WatchAlarm::none);
}

TEST_F(LedgerWatch, RaisesTheAlarmWhenTheWitnessesThatTheTrustFileAsksForAreMissing) {
    ask_for_witness();
    const WatchVerdict missing = see(tree_of(20));
    EXPECT_EQ(missing.alarm, WatchAlarm::unwitnessed);
    EXPECT_THAT(missing.what, HasSubstr("0 of 1 cosignatures"));
    EXPECT_EQ(see(tree_of(20), true).alarm, WatchAlarm::none);
    std::string bent = note(tree_of(20), true);
    bent[bent.size() - 10] = bent[bent.size() - 10] == 'A' ? 'B' : 'A';
    EXPECT_EQ(see(bent, tree_of(20)).alarm, WatchAlarm::forked) << "a false cosignature is no missing one";
}

TEST_F(LedgerWatch, ABentMemoryIsNoFreshStart) {
    for (const char* text : {"", "{}", R"({"checkpoint":"x","grew":"2027-01-15T08:00:00Z"})"})
        EXPECT_EQ(parse_watch_memory(text).error().code(), Code::data_loss) << text;
}

}  // namespace
}  // namespace signalbox::cli
