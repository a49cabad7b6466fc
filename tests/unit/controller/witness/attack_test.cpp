// SPDX-License-Identifier: Apache-2.0
// Row 36 of the attack table at the witness: what a ledger that was cut, forked or set back gets from it, by
// c2sp.org/tlog-witness.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/merkle/cosignature.hpp"
#include "common/merkle/tlog_proof.hpp"
#include "controller/witness/judge.hpp"

namespace signalbox::witness {
namespace {

using ::testing::HasSubstr;

class Attack : public ::testing::Test {
  protected:
    Attack() {
        for (int i = 0; i < 20; ++i) tree.append(merkle::leaf_hash("entry " + std::to_string(i)));
        fork = tree_of(20, 7);
        see(10);
    }
    static merkle::MemoryTree tree_of(int size, int bad = -1) {
        merkle::MemoryTree out;
        for (int i = 0; i < size; ++i)
            out.append(merkle::leaf_hash((i == bad ? "forged " : "entry ") + std::to_string(i)));
        return out;
    }
    merkle::Checkpoint at(std::uint64_t size, const merkle::MemoryTree& of) const {
        return {origin, size, merkle::root(size, of.reader()).value()};
    }
    void see(std::uint64_t size) { seen = at(size, tree); }
    // As an honest log would ask.
    std::string request(std::uint64_t from, std::uint64_t to, const merkle::MemoryTree& of) const {
        merkle::AddCheckpoint body;
        body.old_size = from;
        if (from != 0 && from <= to)
            body.consistency = merkle::consistency_proof(from, to, of.reader()).value();
        body.checkpoint = merkle::sign_checkpoint(at(to, of), key);
        return merkle::to_text(body);
    }
    Verdict ask(const std::string& body) const {
        return judge(body, {{"signalbox.dev/other", {}}, {origin, {old_key.public_key(), key.public_key()}}},
                     [this](const std::string& of) -> Result<std::optional<merkle::Checkpoint>> {
                         EXPECT_EQ(of, origin);
                         return seen;
                     })
            .value();
    }
    void expect_conflict(const Verdict& verdict, std::uint64_t size) const {
        EXPECT_EQ(verdict.status, 409) << verdict.why;
        EXPECT_EQ(verdict.size, size);
        EXPECT_FALSE(verdict.accepted);
    }

    const std::string origin = "signalbox.dev/demo";
    const crypto::SigningKey key = crypto::SigningKey::generate(), old_key = crypto::SigningKey::generate();
    merkle::MemoryTree tree, fork;
    std::optional<merkle::Checkpoint> seen;
};

TEST_F(Attack, an_honest_log_is_cosigned_step_by_step) {
    for (const std::uint64_t to : {10U, 11U, 20U}) {
        const Verdict verdict = ask(request(10, to, tree));
        EXPECT_EQ(verdict.status, 200) << verdict.why;
        EXPECT_EQ(verdict.accepted, at(to, tree));
        EXPECT_TRUE(verdict.note_text.starts_with(origin + "\n" + std::to_string(to) + "\n"));
    }
    seen.reset();
    EXPECT_EQ(ask(request(0, 20, tree)).status, 200) << "a first checkpoint needs no proof";
}

TEST_F(Attack, attack_36_a_truncated_log_gets_409_with_the_size) {
    expect_conflict(ask(request(5, 8, tree)), 10);
    expect_conflict(ask(request(0, 8, tree)), 10);
    const Verdict behind = ask(request(10, 8, tree));
    EXPECT_EQ(behind.status, 400) << "the old size is larger than the checkpoint's";
}

TEST_F(Attack, attack_36_a_forked_log_gets_422_and_is_kept_as_evidence) {
    for (const std::uint64_t to : {11U, 16U, 20U}) {
        const Verdict verdict = ask(request(10, to, fork));
        EXPECT_EQ(verdict.status, 422) << verdict.why;
        EXPECT_TRUE(verdict.suspicious);
        EXPECT_FALSE(verdict.accepted);
    }
    const Verdict same_size = ask(request(10, 10, fork));
    expect_conflict(same_size, 10);
    EXPECT_TRUE(same_size.suspicious);
}

TEST_F(Attack, attack_36_a_replaced_leaf_or_two_swapped_ones_get_422) {
    merkle::MemoryTree swapped;
    for (const int i : {0, 1, 3, 2, 4, 5, 6, 7, 8, 9, 10, 11})
        swapped.append(merkle::leaf_hash("entry " + std::to_string(i)));
    EXPECT_EQ(ask(request(10, 12, swapped)).status, 422);
    EXPECT_EQ(ask(request(10, 12, tree_of(12, 0))).status, 422);
    EXPECT_EQ(ask(request(10, 12, tree_of(12, 9))).status, 422);
    EXPECT_EQ(ask(request(10, 12, tree_of(12, 10))).status, 200)
        << "what it has not seen yet may be anything";
}

TEST_F(Attack, attack_36_a_back_dated_checkpoint_gets_409) {
    see(20);
    expect_conflict(ask(request(10, 20, tree)), 20);
    expect_conflict(ask(request(10, 15, tree)), 20);
    expect_conflict(ask(request(0, 0, merkle::MemoryTree())), 20);
}

TEST_F(Attack, attack_36_proofs_that_prove_nothing_get_422) {
    merkle::AddCheckpoint body{10, {}, merkle::sign_checkpoint(at(20, tree), key)};
    EXPECT_EQ(ask(merkle::to_text(body)).status, 422) << "none";
    body.consistency = merkle::consistency_proof(9, 20, tree.reader()).value();
    EXPECT_EQ(ask(merkle::to_text(body)).status, 422) << "another size's";
    body.consistency = merkle::consistency_proof(10, 20, tree.reader()).value();
    body.consistency.push_back(body.consistency.front());
    EXPECT_EQ(ask(merkle::to_text(body)).status, 422) << "one hash too many";
    seen.reset();
    body.old_size = 0;
    EXPECT_EQ(ask(merkle::to_text(body)).status, 422) << "from nothing, and yet a proof";
}

TEST_F(Attack, attack_36_unknown_logs_and_strangers_signatures_get_404_and_403) {
    const auto sign = [&](const std::string& of, const crypto::SigningKey& by) {
        return merkle::to_text(merkle::AddCheckpoint{10,
                                                     merkle::consistency_proof(10, 20, tree.reader()).value(),
                                                     merkle::sign_checkpoint({of, 20, tree.root()}, by)});
    };
    EXPECT_EQ(ask(sign("signalbox.dev/nobody", key)).status, 404);
    EXPECT_EQ(ask(sign(origin, crypto::SigningKey::generate())).status, 403);
    EXPECT_EQ(ask(sign("signalbox.dev/other", key)).status, 403) << "a log without keys";
    EXPECT_EQ(ask(sign(origin, old_key)).status, 200) << "any key of the log will do";
    for (const std::string& body :
         {std::string(), std::string("old 10\n"), "old 010\n\n" + merkle::sign_checkpoint(at(20, tree), key),
          std::string("old 10\n\nnot a note\n"),
          "old 10\nAAAA\n\n" + merkle::sign_checkpoint(at(20, tree), key)})
        EXPECT_EQ(ask(body).status, 400) << body;
}

}  // namespace
}  // namespace signalbox::witness
