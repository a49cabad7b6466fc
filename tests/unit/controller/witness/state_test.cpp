// SPDX-License-Identifier: Apache-2.0
#include "controller/witness/state.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/merkle/cosignature.hpp"
#include "common/merkle/tlog_proof.hpp"
#include "common/os/file.hpp"
#include "controller/witness/witness.hpp"
#include "tests/fakes/manual_clock.hpp"

namespace signalbox::witness {
namespace {

class WitnessState : public ::testing::Test {
  protected:
    void SetUp() override { std::filesystem::remove_all(folder); }
    void TearDown() override { std::filesystem::remove_all(folder); }
    Status make() { return State::create(folder, "witness.example/w", clock.now(), random); }
    merkle::Checkpoint at(std::uint64_t size) const {
        return {origin, size, crypto::sha256(std::to_string(size))};
    }
    std::string request(std::uint64_t from, std::uint64_t to) const {
        return merkle::to_text(merkle::AddCheckpoint{from, {}, merkle::sign_checkpoint(at(to), ledger)});
    }
    std::string seen_file() const { return folder + "/seen/" + crypto::sha256(origin).hex(); }

    const std::string folder = ::testing::TempDir() + "witness-state";
    const std::string origin = "signalbox.dev/demo";
    const crypto::SigningKey ledger = crypto::SigningKey::generate();
    fakes::ManualClock clock;
    crypto::SystemRandom random;
    std::vector<std::string> told;
};

TEST_F(WitnessState, IsMadeOnceAndUsedByOneProcess) {
    EXPECT_EQ(State::open(folder).error().code(), Code::not_found);
    EXPECT_EQ(State::create(folder, "a name", clock.now(), random).error().code(), Code::invalid_argument);
    ASSERT_TRUE(make().ok());
    EXPECT_EQ(make().error().code(), Code::already_exists);
    const auto state = State::open(folder);
    ASSERT_TRUE(state.ok()) << state.error().to_string();
    EXPECT_EQ(state->name(), "witness.example/w");
    EXPECT_EQ(State::open(folder).error().code(), Code::conflict);
}

TEST_F(WitnessState, RemembersBeforeItCosignsAndAcrossARestart) {
    ASSERT_TRUE(make().ok());
    const auto tell = [this](const std::string& line) { told.push_back(line); };
    {
        const auto state = State::open(folder);
        Witness witness(*state, {{origin, {ledger.public_key()}}}, clock, tell);
        const Answer answer = witness.add_checkpoint(request(0, 5));
        ASSERT_EQ(answer.status, 200) << answer.body;
        const auto note = merkle::parse_note(merkle::sign_checkpoint(at(5), ledger) + answer.body).value();
        EXPECT_EQ(merkle::cosigned_at(note, {"witness.example/w", state->key().public_key()}).value(),
                  clock.now());
    }
    const auto state = State::open(folder);
    EXPECT_EQ(state->seen(origin).value(), at(5));
    Witness witness(*state, {{origin, {ledger.public_key()}}}, clock, tell);
    const Answer conflict = witness.add_checkpoint(request(0, 6));
    EXPECT_EQ(conflict.status, 409);
    EXPECT_EQ(conflict.content_type, "text/x.tlog.size");
    EXPECT_EQ(conflict.body, "5\n");
    EXPECT_EQ(witness.add_checkpoint(request(5, 5)).status, 200) << "the same once more";
    told.clear();
    EXPECT_EQ(witness.add_checkpoint(request(5, 6)).status, 422);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(told[0].starts_with("ALARM signed by the log, and not cosigned")) << told[0];
    EXPECT_EQ(os::read_file(folder + "/suspicious/" + crypto::sha256(request(5, 6)).hex(), 1 << 20).value(),
              request(5, 6));
}

TEST_F(WitnessState, ABentMemoryIsNoFreshStart) {
    ASSERT_TRUE(make().ok());
    const auto state = State::open(folder);
    Witness witness(*state, {{origin, {ledger.public_key()}}}, clock,
                    [this](const auto& line) { told.push_back(line); });
    ASSERT_EQ(witness.add_checkpoint(request(0, 5)).status, 200);
    std::string text = os::read_file(seen_file(), 1 << 20).value();
    for (const std::string& bent :
         {std::string(), text.substr(0, text.size() / 2), merkle::sign_checkpoint(at(1), ledger)}) {
        ASSERT_TRUE(os::write_file_atomically(seen_file(), bent).ok());
        EXPECT_EQ(state->seen(origin).error().code(), Code::data_loss);
        EXPECT_EQ(witness.add_checkpoint(request(0, 6)).status, 503);
    }
    EXPECT_TRUE(told.back().starts_with("ALARM cannot cosign")) << told.back();
    // A state that cannot be written: nothing is cosigned.
    std::filesystem::remove_all(folder + "/seen");
    const Answer answer = witness.add_checkpoint(request(0, 6));
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.body.find("\xe2\x80\x94"), std::string::npos);
}

}  // namespace
}  // namespace signalbox::witness
