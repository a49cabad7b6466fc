// SPDX-License-Identifier: Apache-2.0
#include "controller/ledger/cosigners.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/evidence/trusted_checkpoint.hpp"
#include "common/merkle/cosignature.hpp"
#include "common/merkle/signed_note.hpp"
#include "controller/witness/judge.hpp"
#include "tests/fakes/ledger_store.hpp"
#include "tests/fakes/manual_strand.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A witness that judges as the real one does, and remembers in memory.
struct Outside {
    std::string name;
    crypto::SigningKey key;
    crypto::PublicKey ledger;
    std::optional<merkle::Checkpoint> seen{};
    bool reachable = true;
    std::vector<int> statuses{};
    std::function<void()> when_asked{};

    Result<WitnessReply> answer(const std::string& body, Instant now) {
        if (when_asked) when_asked();
        if (!reachable) return Error(Code::unavailable, "connection refused");
        const auto verdict =
            witness::judge(
                body, {{"signalbox.dev/demo", {ledger}}},
                [this](const std::string&) -> Result<std::optional<merkle::Checkpoint>> { return seen; })
                .value();
        statuses.push_back(verdict.status);
        if (verdict.accepted) {
            seen = verdict.accepted;
            return WitnessReply{200, merkle::cosign(verdict.note_text, name, key, now)};
        }
        return WitnessReply{verdict.status,
                            verdict.size ? std::to_string(*verdict.size) + "\n" : verdict.why};
    }
};

class Port final : public WitnessPort {
  public:
    Port(Outside& outside, const Clock& clock) : outside_(outside), clock_(clock) {}
    const std::string& url() const override { return outside_.name; }
    Result<WitnessReply> add_checkpoint(const std::string& body) override {
        return outside_.answer(body, clock_.now());
    }

  private:
    Outside& outside_;
    const Clock& clock_;
};

class CosignersTest : public ::testing::Test {
  protected:
    CosignersTest() {
        EXPECT_TRUE(ledger.open().ok());
        trust_witnesses(1);
    }
    void trust_witnesses(int threshold) {
        trust::Role role;
        role.threshold = threshold;
        for (const Outside* outside : {&one, &two}) {
            const auto id = outside->key.public_key().id();
            keys.file.keys.emplace(id, trust::TrustedKey{outside->key.public_key(), outside->name});
            role.keyids.insert(id);
        }
        keys.file.roles["witness"] = role;
    }
    void make(std::vector<Outside*> witnesses) {
        std::vector<std::unique_ptr<WitnessPort>> ports;
        for (Outside* outside : witnesses) ports.push_back(std::make_unique<Port>(*outside, clock));
        cosigners.emplace(Cosigners::Parts{ledger, [this]() -> const trust::TrustFile& { return keys.file; },
                                           strand, side, clock,
                                           [this](const std::string& url, const std::string& what) {
                                               alarms.push_back(url + " " + what);
                                           },
                                           [this](const std::string& url, const Error& error) {
                                               troubles.push_back(url + " " + error.message());
                                           }},
                          std::move(ports));
        cosigners->start();
        settle();
    }
    void settle() {
        while (strand.run_ready() + side.run_ready() > 0) {
        }
    }
    void append(int count) {
        for (int i = 0; i < count; ++i) ASSERT_TRUE(ledger.append("release_event", {{"n", i}}).ok());
    }
    void wait(Duration time) {
        strand.advance(time);
        settle();
    }
    // {size, how many cosignatures that count}
    std::pair<std::uint64_t, std::size_t> shown() {
        const auto read = evidence::read_checkpoint(cosigners->shown().note, keys.file).value();
        return {read.checkpoint.size, read.witnesses.size()};
    }
    using Shown = std::pair<std::uint64_t, std::size_t>;

    fakes::TrustFixture keys;
    Outside one{"witness.example/one", fakes::test_key(61), keys.ledger.public_key()};
    Outside two{"witness.example/two", fakes::test_key(62), keys.ledger.public_key()};
    fakes::ManualClock clock;
    fakes::ManualStrand strand{clock}, side{clock};
    fakes::LedgerStore store;
    Ledger ledger{ClusterId("demo"), keys.ledger, store, strand, clock};
    std::optional<Cosigners> cosigners;
    std::vector<std::string> alarms, troubles;
};

TEST_F(CosignersTest, EveryCheckpointIsCosignedBeforeItIsShown) {
    make({&one, &two});
    append(3);
    std::optional<SignedCheckpoint> newest;
    cosigners->newest([&](auto answer) { newest = answer.value(); });
    EXPECT_FALSE(newest) << "it waits for the witnesses";
    settle();
    ASSERT_TRUE(newest);
    EXPECT_EQ(newest->checkpoint.size, 3U);
    EXPECT_EQ(shown(), Shown(3, 2));
    append(4);
    wait(Ledger::kGroup);
    EXPECT_EQ(shown(), Shown(7, 2));
    EXPECT_EQ(cosigners->cosigned_size(), 7U);
    EXPECT_THAT(alarms, ElementsAre());
    EXPECT_THAT(troubles, ElementsAre());
}

// While one witness is being asked, the other one's answer arrives, and the ledger has grown.
TEST_F(CosignersTest, TwoWitnessesMeetWhileEntriesPourIn) {
    trust_witnesses(2);
    int asked = 0;
    std::uint64_t behind = 0;
    one.when_asked = two.when_asked = [&] {
        if (++asked > 60) return;
        append(1);
        ASSERT_TRUE(ledger.checkpoint_now().ok());
        strand.run_ready();
        if (asked > 4)
            behind = std::max(behind, ledger.latest().checkpoint.size - cosigners->cosigned_size());
    };
    append(1);
    ASSERT_TRUE(ledger.checkpoint_now().ok());
    make({&one, &two});
    EXPECT_GT(asked, 60);
    EXPECT_LE(behind, 6U) << "two rounds of two questions, each with a new entry";
    EXPECT_EQ(shown().second, 2U);
    EXPECT_THAT(alarms, ElementsAre());
}

TEST_F(CosignersTest, AControllerThatStartsAgainLearnsWhereTheWitnessIs) {
    append(5);
    ASSERT_TRUE(ledger.checkpoint_now().ok());
    make({&one});
    EXPECT_THAT(one.statuses, ElementsAre(200));
    cosigners.reset();
    strand.run_ready();
    append(2);
    ASSERT_TRUE(ledger.checkpoint_now().ok());
    one.statuses.clear();
    Ledger again(ClusterId("demo"), keys.ledger, store, strand, clock);
    ASSERT_TRUE(again.open().ok());
    std::vector<std::unique_ptr<WitnessPort>> ports;
    ports.push_back(std::make_unique<Port>(one, clock));
    Cosigners fresh({again, [this]() -> const trust::TrustFile& { return keys.file; }, strand, side, clock,
                     [](const auto&, const auto&) {}, [](const auto&, const auto&) {}},
                    std::move(ports));
    fresh.start();
    settle();
    EXPECT_THAT(one.statuses, ElementsAre(409, 200));
    EXPECT_EQ(fresh.cosigned_size(), 7U);
}

TEST_F(CosignersTest, AWitnessThatIsAwayHoldsNothingUpForLong) {
    make({&one});
    append(3);
    wait(Ledger::kGroup);
    ASSERT_EQ(shown(), Shown(3, 1));
    one.reachable = false;
    append(2);
    std::optional<SignedCheckpoint> newest;
    cosigners->newest([&](auto answer) { newest = answer.value(); });
    settle();
    EXPECT_FALSE(newest);
    EXPECT_EQ(shown(), Shown(3, 1)) << "the cosigned one, for a while";
    wait(Cosigners::kPatience);
    ASSERT_TRUE(newest);
    EXPECT_EQ(newest->checkpoint.size, 5U);
    wait(Cosigners::kHoldBack);
    EXPECT_EQ(shown(), Shown(5, 0)) << "then the newest, and everybody sees that nobody cosigned it";
    EXPECT_THAT(troubles, ElementsAre("witness.example/one connection refused")) << "said once";
    one.reachable = true;
    wait(Cosigners::kRetry);
    EXPECT_EQ(shown(), Shown(5, 1));
}

TEST_F(CosignersTest, TheThresholdOfTheTrustFileDecides) {
    trust_witnesses(2);
    two.reachable = false;
    make({&one, &two});
    append(1);
    wait(Ledger::kGroup);
    EXPECT_EQ(cosigners->cosigned_size(), 0U);
    two.reachable = true;
    wait(Cosigners::kRetry);
    EXPECT_EQ(cosigners->cosigned_size(), 1U);
    EXPECT_EQ(shown(), Shown(1, 2));
}

TEST_F(CosignersTest, attack_36_a_witness_that_saw_another_history_raises_the_alarm) {
    append(3);
    ASSERT_TRUE(ledger.checkpoint_now().ok());
    // It has cosigned a longer ledger: ours was set back.
    one.seen = merkle::Checkpoint{"signalbox.dev/demo", 9, crypto::sha256("another")};
    make({&one});
    EXPECT_THAT(alarms, ElementsAre(HasSubstr("has seen a ledger of 9 entries, and this one has 3")));
    EXPECT_EQ(shown(), Shown(3, 0));
    // It has cosigned another one of the same size.
    alarms.clear();
    two.seen = merkle::Checkpoint{"signalbox.dev/demo", 3, crypto::sha256("another")};
    make({&two});
    EXPECT_THAT(alarms, ElementsAre(HasSubstr("has cosigned another ledger of 3 entries")));
    // And a shorter one that ours does not extend.
    alarms.clear();
    two.seen = merkle::Checkpoint{"signalbox.dev/demo", 2, crypto::sha256("another")};
    make({&two});
    EXPECT_THAT(alarms,
                ElementsAre(HasSubstr("does not find that the ledger of 3 entries extends the one of 2")));
    wait(10 * Cosigners::kRetry);
    EXPECT_EQ(alarms.size(), 1U) << "once, not every time";
}

TEST_F(CosignersTest, attack_36_a_witness_that_was_away_before_it_contradicts_raises_the_alarm_all_the_same) {
    make({&one});
    append(3);
    wait(Ledger::kGroup);
    one.reachable = false;
    append(1);
    wait(Ledger::kGroup);
    EXPECT_EQ(troubles.size(), 1U);
    one.reachable = true;
    one.seen = merkle::Checkpoint{"signalbox.dev/demo", 3, crypto::sha256("another")};
    wait(Cosigners::kRetry);
    EXPECT_EQ(alarms.size(), 1U);
}

TEST_F(CosignersTest, ACosignatureByAKeyThatTheTrustFileDoesNotNameIsNotTaken) {
    Outside stranger{"witness.example/one", fakes::test_key(63), keys.ledger.public_key()};
    make({&stranger});
    EXPECT_THAT(troubles, ElementsAre(HasSubstr("a key that the trust file does not name")));
    append(1);
    wait(Ledger::kGroup);
    EXPECT_EQ(cosigners->cosigned_size(), 0U);
}

TEST_F(CosignersTest, WithoutWitnessesNothingWaits) {
    make({});
    append(2);
    std::optional<SignedCheckpoint> newest;
    cosigners->newest([&](auto answer) { newest = answer.value(); });
    EXPECT_EQ(newest->checkpoint.size, 2U);
    keys.file.roles.erase("witness");
    make({&one});
    EXPECT_THAT(one.statuses, ElementsAre()) << "nobody said that it counts";
}

}  // namespace
}  // namespace signalbox::ledger
