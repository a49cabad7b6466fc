// SPDX-License-Identifier: Apache-2.0
// The agent at work against the controller, over real TLS on loopback, with an executor that runs nothing.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include "common/os/unique_fd.hpp"
#include "tests/integration/wire/wire_fixture.hpp"

namespace signalbox::wire_test {
namespace {

using Link = Wire;
using testing::ElementsAre;
using testing::HasSubstr;

std::size_t accepted(support::FleetController& controller) {
    return controller.strand.call([&] { return controller.reports->accepted.size(); });
}

TEST_F(Link, RecordsGoUpAndLeaveTheOutboxWhenTheirReceiptsVerify) {
    const AgentId id = host.enrol();
    host.start();
    ASSERT_TRUE(online(id));
    for (int i = 0; i < 40; ++i) host.executor.add_record(record::Kind::observed);
    ASSERT_TRUE(eventually([&] { return accepted(controller) == 41; }));
    EXPECT_TRUE(eventually([&] { return host.executor.outbox_size() == 0; })) << host.executor.trouble();
    on_strand([&] {
        for (std::size_t i = 0; i < 41; ++i) {
            EXPECT_EQ(controller.reports->accepted[i].record.seq, static_cast<std::int64_t>(i + 1));
        }
    });
    EXPECT_EQ(host.executor.trouble(), "");
}

TEST_F(Link, WhatHappenedWhileTheControllerWasAwayArrivesOnceAndInOrder) {
    const AgentId id = host.enrol();
    host.start();
    ASSERT_TRUE(online(id));
    const std::string address = controller.address;
    controller.stop();
    for (int i = 0; i < 30; ++i) host.executor.add_record(record::Kind::observed);
    controller.start(address);
    ASSERT_TRUE(online(id));
    EXPECT_TRUE(eventually([&] { return host.executor.outbox_size() == 0; })) << host.executor.trouble();
    EXPECT_EQ(accepted(controller), 31U);
}

TEST_F(Link, AStepGetsItsArtifactFirstAndReportsBack) {
    const AgentId id = host.enrol();
    host.start();
    ASSERT_TRUE(online(id));
    const std::string bytes(3'000'000, 'x');
    const crypto::Digest digest = controller.blobs.add(bytes);
    on_strand([&] {
        dispatch::ExecuteOrder order{"r/s/1", "token", "{}", "approval", {{digest, std::ssize(bytes)}}, {}};
        EXPECT_TRUE(controller.sessions->execute(id, order).ok());
        EXPECT_TRUE(controller.sessions->query(id, {"r/s/1", crypto::sha256("a"), StepId("s")}).ok());
    });
    ASSERT_TRUE(eventually([&] { return on_strand([&] { return !controller.reports->executed.empty(); }); }));
    on_strand([&] {
        EXPECT_TRUE(controller.reports->executed.front().admitted)
            << controller.reports->executed.front().detail;
    });
    EXPECT_THAT(host.executor.artifacts_seen(), ElementsAre(bytes));
    ASSERT_TRUE(eventually([&] { return on_strand([&] { return !controller.reports->queried.empty(); }); }));
    on_strand([&] { EXPECT_EQ(controller.reports->queried.front().state, dispatch::QueryState::done); });
    ASSERT_TRUE(eventually([&] { return accepted(controller) == 3; }));
    on_strand([&] { EXPECT_EQ(controller.reports->accepted.back().entry.out, "it went well"); });
}

TEST_F(Link, AnArtifactThatNoStepNamesIsNotServed) {
    const AgentId id = host.enrol();
    const crypto::Digest secret = controller.blobs.add("for another host");
    host.start();
    ASSERT_TRUE(online(id));
    const auto channel =
        link::open_channel(controller.address, enrol::IdentityStore(host.state()).tls_files()).value();
    const auto stub = v1::AgentService::NewStub(channel);
    grpc::ClientContext context;
    v1::FetchArtifactRequest request;
    request.set_sha256(secret.hex());
    const auto reader = stub->FetchArtifact(&context, request);
    v1::ArtifactChunk chunk;
    EXPECT_FALSE(reader->Read(&chunk));
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(Link, AnAbsentExecutorIsNamedAndItsReturnBringsANewNonce) {
    const AgentId id = host.enrol();
    host.start();
    ASSERT_TRUE(online(id));
    const std::string before = on_strand([&] { return controller.sessions->info(id)->nonce; });
    host.executor.stop();
    ASSERT_TRUE(eventually(
        [&] { return on_strand([&] { return !controller.sessions->info(id)->problem.empty(); }); }));
    on_strand([&] {
        EXPECT_THAT(controller.sessions->info(id)->problem, HasSubstr("executor"));
        EXPECT_TRUE(controller.sessions->execute(id, {"r/s/1", "t", "{}", "a", {}, {}}).ok());
    });
    ASSERT_TRUE(eventually([&] { return on_strand([&] { return !controller.reports->executed.empty(); }); }));
    on_strand([&] { EXPECT_EQ(controller.reports->executed.front().refusal, "unavailable"); });
    host.executor.start();
    ASSERT_TRUE(online(id));
    EXPECT_NE(on_strand([&] { return controller.sessions->info(id)->nonce; }), before);
}

TEST_F(Link, attack_22_a_ban_cuts_the_stream_and_keeps_the_host_out) {
    const AgentId id = host.enrol();
    host.start();
    ASSERT_TRUE(online(id));
    const Instant before = controller.clock.now();
    on_strand([&] {
        EXPECT_TRUE(controller.sessions->set_state(id, fleet::AgentState::banned, "stolen", "admin").ok());
        EXPECT_FALSE(controller.sessions->info(id)->online);
        EXPECT_FALSE(controller.sessions->execute(id, {"r/s/1", "t", "{}", "a", {}, {}}).ok());
    });
    EXPECT_LT(controller.clock.now() - before, std::chrono::seconds(5));
    EXPECT_EQ(controller.store.entries().back().kind, "decision:agent_banned");
    // It comes back by itself, and is turned away: no record of it is taken any more.
    const std::size_t count = accepted(controller);
    host.executor.add_record(record::Kind::observed);
    host.stop();
    host.start();
    EXPECT_FALSE(eventually([&] { return accepted(controller) > count; }, std::chrono::seconds(2)));
}

TEST_F(Link, attack_22_a_banned_peer_that_ignores_everything_is_cut_within_seconds) {
    const AgentId id = host.enrol();
    const auto channel =
        link::open_channel(controller.address, enrol::IdentityStore(host.state()).tls_files()).value();
    const auto stub = v1::AgentService::NewStub(channel);
    grpc::ClientContext context;
    const auto stream = stub->Connect(&context);
    v1::AgentMessage message;
    message.mutable_hello()->set_executor_connected(true);
    ASSERT_TRUE(stream->Write(message));
    v1::ControllerMessage answer;
    ASSERT_TRUE(stream->Read(&answer));
    const Instant before = controller.clock.now();
    on_strand([&] {
        EXPECT_TRUE(controller.sessions->set_state(id, fleet::AgentState::banned, "stolen", "admin").ok());
    });
    while (stream->Read(&answer)) {
    }
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_LT(controller.clock.now() - before, std::chrono::seconds(5));
}

TEST_F(Link, ANewTrustFileReachesTheHost) {
    const AgentId id = host.enrol();
    host.start();
    ASSERT_TRUE(online(id));
    on_strand([&] {
        controller.trust.version = 3;
        controller.sessions->trust_published();
    });
    EXPECT_TRUE(eventually([&] { return host.executor.trust_version() == 3; }));
    EXPECT_TRUE(eventually(
        [&] { return on_strand([&] { return controller.sessions->info(id)->trust_version == 3; }); }));
}

TEST_F(Link, attack_23_a_copy_of_a_host_is_quarantined_with_the_proof_in_the_ledger) {
    const AgentId id = host.enrol();
    host.start();
    ASSERT_TRUE(online(id));
    ASSERT_TRUE(eventually([&] { return accepted(controller) == 1; }));
    host.executor.forget_chain();
    host.executor.add_record(record::Kind::observed);
    ASSERT_TRUE(eventually([&] {
        return on_strand(
            [&] { return (*controller.store.agent(id).value()).state == fleet::AgentState::quarantined; });
    }));
    EXPECT_EQ(accepted(controller), 1U);
    const std::string kind = on_strand([&] { return controller.store.entries().back().kind; });
    EXPECT_EQ(kind, "decision:agent_quarantined");
}

TEST_F(Link, TheAgentProbesWhatTheExecutorAsks) {
    const AgentId id = host.enrol();
    host.start();
    ASSERT_TRUE(online(id));
    host.executor.ask_probe("http://127.0.0.1:1/healthz");
    ASSERT_TRUE(eventually([&] { return !host.executor.probes().empty(); }));
    EXPECT_FALSE(host.executor.probes().front().ok);
    EXPECT_EQ(host.executor.probes().front().id, "probe-1");
    EXPECT_FALSE(host.executor.probes().front().error.empty());
}

// A service that takes connections and says nothing.
class Silent {
  public:
    Silent() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* any = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_.get(), any, size), 0);
        EXPECT_EQ(::listen(socket_.get(), 8), 0);
        EXPECT_EQ(::getsockname(socket_.get(), any, &size), 0);
        port_ = ntohs(address.sin_port);
    }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

  private:
    os::UniqueFd socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    int port_ = 0;
};

TEST_F(Link, AProbeThatHangsDoesNotHoldUpAnotherServices) {
    const AgentId id = host.enrol();
    host.start();
    ASSERT_TRUE(online(id));
    const Silent silent;
    host.executor.ask_probe(silent.url(), "hangs");
    host.executor.ask_probe("http://127.0.0.1:1/healthz", "quick");
    ASSERT_TRUE(eventually([&] { return !host.executor.probes().empty(); }));
    EXPECT_EQ(host.executor.probes().front().id, "quick");
}

}  // namespace
}  // namespace signalbox::wire_test
