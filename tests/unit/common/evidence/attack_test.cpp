// SPDX-License-Identifier: Apache-2.0
// Row 36 of the attack table at the verifier of an export: it names the first bad index. Whoever attacks
// holds the ledger key, and signs a checkpoint over whatever they made of the ledger.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/evidence/ledger_fixture.hpp"

namespace signalbox::evidence {
namespace {

using ::testing::HasSubstr;

// 0 init, 1 enrol A, 2 A1, 3 decision, 4 decision, 5 A2 (saw the tree of 5), 6 decision, 7 A3, 8 decision, 9
// decision
class Attack : public ::testing::Test {
  protected:
    Attack() { write(ledger, 0); }

    // The same ledger with one decision told otherwise; 0: as it was.
    void write(LedgerFixture& into, std::uint64_t lied) const {
        const auto decide = [&](const char* kind) {
            into.decide(kind, {{"told", into.entries.size() == lied ? "otherwise" : "truly"}});
        };
        decide("cluster_initialised");
        into.enrol(a, key_a);
        into.act(a, key_a);
        decide("gate_verdict");
        decide("token_minted");
        into.act(a, key_a, true);
        decide("release_event");
        into.act(a, key_a);
        decide("release_event");
        decide("release_event");
    }
    static std::string line_of(const LedgerFixture& of, std::size_t index, std::size_t at) {
        Entry entry = of.entries[index];
        entry.index = at;
        return to_line(entry);
    }
    // As whoever holds the ledger key would sign it.
    static LedgerFixture resigned(const LedgerFixture& of, const std::vector<std::size_t>& order) {
        LedgerFixture out = of.copy();
        out.entries.clear();
        for (const std::size_t index : order) {
            out.entries.push_back(of.entries[index]);
            out.entries.back().index = out.entries.size() - 1;
        }
        return out;
    }

    const AgentId a{"a"};
    const crypto::SigningKey key_a = fakes::test_key(51);
    LedgerFixture ledger;
};

TEST_F(Attack, attack_36_a_truncated_log_is_named_at_its_cut) {
    for (std::size_t kept = 0; kept < 10; ++kept) {
        auto lines = ledger.lines();
        lines.resize(kept + 1);
        const Report report = ledger.verify(lines);
        EXPECT_EQ(report.first_bad_index, kept);
        EXPECT_THAT(report.what, HasSubstr("the end was cut off"));
    }
}

TEST_F(Attack, attack_36_a_back_dated_checkpoint_is_named_where_it_ends) {
    const std::string old = resigned(ledger, {0, 1, 2, 3, 4, 5}).checkpoint();
    auto lines = ledger.lines();
    lines[0] = to_line(Header{ClusterId{"demo"}, 6, old});
    EXPECT_EQ(ledger.verify(lines).first_bad_index, 6U);
    lines[0] = to_line(Header{ClusterId{"demo"}, 10, old});
    EXPECT_FALSE(ledger.verify(lines).ok) << "the header says one size and the checkpoint another";
}

TEST_F(Attack, attack_36_one_replaced_leaf_is_named) {
    for (std::size_t index = 0; index < 10; ++index) {
        LedgerFixture bent = ledger.copy();
        bent.entries[index].leaf = ledger.entries[(index + 1) % 10].leaf;
        const Report report = bent.verify();
        EXPECT_EQ(report.first_bad_index, index) << report.what;
    }
}

TEST_F(Attack, attack_36_two_swapped_leaves_are_named) {
    // Without a new checkpoint: the root does not follow, and a host's chain says where.
    const Report report = resigned(ledger, {0, 1, 5, 3, 4, 2, 6, 7, 8, 9}).verify();
    EXPECT_EQ(report.first_bad_index, 2U) << "the host's second record before its first";
    EXPECT_FALSE(report.ok);
    // Two decisions, over which the attacker signs anew, before what a host saw: the range since the last
    // root.
    const Report decisions = resigned(ledger, {0, 1, 2, 4, 3, 5, 6, 7, 8, 9}).verify();
    EXPECT_EQ(decisions.first_bad_index, 0U);
    EXPECT_EQ(decisions.bad_before_index, 5U) << decisions.what;
    // And against the checkpoint that was exported before.
    auto lines = ledger.lines();
    std::swap(lines[9], lines[10]);
    lines[9] = line_of(ledger, 9, 8);
    lines[10] = line_of(ledger, 8, 9);
    const Report last = ledger.verify(lines);
    EXPECT_EQ(last.first_bad_index, 5U) << "the root of 5 was proven by the host of entry 5";
    EXPECT_EQ(last.bad_before_index, 10U) << last.what;
}

TEST_F(Attack, attack_36_a_forked_log_is_named_by_what_a_host_saw) {
    for (const std::uint64_t lied : {3U, 4U}) {
        LedgerFixture fork;
        write(fork, lied);
        // The host wrote its record over the true ledger; its chain is unbroken in the fork.
        fork.entries[5] = ledger.entries[5];
        fork.entries[7] = ledger.entries[7];
        const Report report = fork.verify();
        EXPECT_FALSE(report.ok);
        EXPECT_LE(*report.first_bad_index, lied) << report.what;
        EXPECT_GT(report.bad_before_index.value_or(*report.first_bad_index + 1), lied);
        EXPECT_THAT(report.what, HasSubstr("the host of entry 5 saw another root at size 5"));
    }
    LedgerFixture fork;
    write(fork, 8);
    EXPECT_TRUE(fork.verify().ok) << "what no host had seen yet is for witnesses and watchers to notice";
}

}  // namespace
}  // namespace signalbox::evidence
