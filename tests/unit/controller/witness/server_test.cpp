// SPDX-License-Identifier: Apache-2.0
#include "controller/witness/server.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/http/client.hpp"
#include "common/merkle/tlog_proof.hpp"
#include "common/os/file.hpp"

namespace signalbox::witness {
namespace {

TEST(WitnessServer, SpeaksTheProtocolOverHttpsUnderItsOwnAuthority) {
    const std::string folder = ::testing::TempDir() + "witness-server";
    std::filesystem::remove_all(folder);
    const SystemClock clock;
    crypto::SystemRandom random;
    ASSERT_TRUE(State::create(folder, "witness.example/w", clock.now(), random).ok());
    const auto state = State::open(folder);
    const auto ledger = crypto::SigningKey::generate();
    Witness witness(*state, {{"signalbox.dev/demo", {ledger.public_key()}}}, clock, [](const auto&) {});
    auto server = Server::start({}, *state, witness, clock.now(), random);
    ASSERT_TRUE(server.ok()) << server.error().to_string();

    http::ClientOptions options;
    options.ca_pem = os::read_file(state->ca_path(), 1 << 16).value();
    http::Client client(options);
    const std::string url = "https://127.0.0.1:" + std::to_string((*server)->port());
    const auto post = [&](std::uint64_t from, std::uint64_t to) {
        const std::string note =
            merkle::sign_checkpoint({"signalbox.dev/demo", to, crypto::sha256("root")}, ledger);
        return client
            .send(
                {"POST", url + "/add-checkpoint", {}, merkle::to_text(merkle::AddCheckpoint{from, {}, note})})
            .value();
    };
    const auto cosigned = post(0, 5);
    EXPECT_EQ(cosigned.status, 200);
    EXPECT_TRUE(cosigned.body.starts_with("\xe2\x80\x94 witness.example/w ")) << cosigned.body;
    ASSERT_TRUE((*server)->renew(clock.now(), random).ok());
    const auto conflict =
        http::Client(options)
            .send({"POST",
                   url + "/add-checkpoint",
                   {},
                   merkle::to_text(merkle::AddCheckpoint{
                       0, {}, merkle::sign_checkpoint({"signalbox.dev/demo", 6, {}}, ledger)})})
            .value();
    EXPECT_EQ(conflict.status, 409);
    EXPECT_EQ(conflict.header("content-type"), "text/x.tlog.size");
    EXPECT_EQ(conflict.body, "5\n");
    EXPECT_EQ(client.send({"GET", url + "/add-checkpoint", {}, ""})->status, 405);
    EXPECT_EQ(client.send({"POST", url + "/", {}, "x"})->status, 404);
    EXPECT_EQ(client.send({"POST", url + "/add-checkpoint", {}, std::string(100'000, 'x')})->status, 413);
    server->reset();
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace signalbox::witness
