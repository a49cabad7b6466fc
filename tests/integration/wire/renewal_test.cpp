// SPDX-License-Identifier: Apache-2.0
// Certificates that are renewed while everything goes on, and hosts that come back after theirs expired.
#include <gmock/gmock.h>

#include "tests/integration/wire/wire_fixture.hpp"

namespace signalbox::wire_test {
namespace {

using testing::HasSubstr;

// What a leaf of this life leaves as the host's certificate.
std::string give_certificate(support::FleetController& controller, Host& host, const AgentId& id,
                             Duration life) {
    const auto key = pki::make_key_and_request().value();
    pki::LeafProfile profile;
    profile.names.uris = {pki::agent_uri("demo", id.str())};
    profile.client = true;
    profile.life = life;
    const auto leaf =
        controller.authority.issue(key.csr_der, profile, controller.clock.now(), controller.random).value();
    const enrol::IdentityStore store(host.state());
    const Status installed = store.install(
        {to_text(key.key_pem.expose()), leaf.certificate_pem, controller.authority.certificate_pem()});
    if (!installed) throw std::runtime_error(installed.error().to_string());
    return leaf.certificate_pem;
}

// The serial of the certificate that the server shows to a new connection.
std::string server_serial(support::FleetController& controller, Host& host) {
    const auto channel =
        link::open_channel(controller.address, enrol::IdentityStore(host.state()).tls_files()).value();
    const auto stub = v1::AgentService::NewStub(channel);
    grpc::ClientContext context;
    v1::ChallengeRequest request;
    request.set_agent_id(controller.random.uuid());
    v1::ChallengeResponse response;
    if (!stub->Challenge(&context, request, &response).ok()) return {};
    const auto pem = context.auth_context()->FindPropertyValues("x509_pem_cert");
    if (pem.empty()) return {};
    return pki::parse_certificate(std::string(pem.front().data(), pem.front().size())).value().serial;
}

class ShortLives : public testing::Test {
  protected:
    // So short that each certificate is due at once; the agent renews as often as it ever does.
    support::FleetController controller{std::chrono::seconds(30), std::chrono::seconds(40)};
    Host host{controller};
};

TEST_F(ShortLives, BothSidesRenewOverAndOverAndNoMessageIsLost) {
    const AgentId id = host.enrol();
    host.start();
    const auto count = [&](auto what) { return controller.strand.call(what); };
    ASSERT_TRUE(eventually([&] { return count([&] { return !controller.reports->ready.empty(); }); }));
    const std::string first_server = server_serial(controller, host);
    ASSERT_FALSE(first_server.empty());
    controller.write_certificate();

    std::size_t records = 1;  // it enrolled
    std::size_t steps = 0;
    const auto renewals = [&] { return count([&] { return controller.store.certificates().size(); }); };
    // Something goes in both directions at every moment of four changes of the stream.
    const bool renewed = eventually(
        [&] {
            host.executor.add_record(record::Kind::observed);
            ++records;
            const bool sent = count([&] {
                return controller.sessions
                    ->execute(id, {"r/s/" + std::to_string(steps + 1), "t", "{}", "a", {}, {}})
                    .ok();
            });
            EXPECT_TRUE(sent) << "there was a moment without a stream";
            ++steps;
            records += 2;
            return renewals() >= 5;
        },
        std::chrono::seconds(30));
    ASSERT_TRUE(renewed) << renewals();
    ASSERT_TRUE(
        eventually([&] { return count([&] { return controller.reports->executed.size() >= steps; }); }));
    ASSERT_TRUE(
        eventually([&] { return count([&] { return controller.reports->accepted.size() >= records; }); }));
    count([&] {
        EXPECT_EQ(controller.reports->gone.size(), 0U) << controller.reports->gone.front();
        EXPECT_EQ(controller.reports->executed.size(), steps);
        EXPECT_EQ(controller.reports->accepted.size(), records);
        for (std::size_t i = 0; i < controller.reports->accepted.size(); ++i)
            EXPECT_EQ(controller.reports->accepted[i].record.seq, static_cast<std::int64_t>(i + 1));
        EXPECT_EQ((*controller.store.agent(id).value()).state, fleet::AgentState::active);
    });
    EXPECT_EQ(host.executor.trouble(), "");
    EXPECT_TRUE(eventually([&] {
        const std::string now = server_serial(controller, host);
        return !now.empty() && now != first_server;
    }));
}

using Renewal = Wire;

TEST_F(Renewal, AnAgedCertificateIsRenewedForTheSameIdentity) {
    const AgentId id = host.enrol();
    const enrol::IdentityStore store(host.state());
    // Past half of its life already: 60 s of backdating, 30 s to go.
    const std::string aged = give_certificate(controller, host, id, std::chrono::seconds(30));
    host.start();
    ASSERT_TRUE(eventually([&] {
        const auto present = store.certificate_pem();
        return present.ok() && *present != aged;
    }));
    const auto renewed = pki::parse_certificate(store.certificate_pem().value()).value();
    EXPECT_EQ(renewed.names.uris, (std::vector<std::string>{pki::agent_uri("demo", id.str())}));
    EXPECT_GT(renewed.not_after, controller.clock.now() + std::chrono::hours(23));
    EXPECT_TRUE(online(id));
}

TEST_F(Renewal, AHostWhoseCertificateExpiredComesBackWithItsRecordKey) {
    const AgentId id = host.enrol();
    give_certificate(controller, host, id, std::chrono::milliseconds(1));
    host.start();
    ASSERT_TRUE(online(id));
    on_strand([&] {
        const auto& entries = controller.ledger_store.raw();
        EXPECT_TRUE(std::any_of(entries.begin(), entries.end(),
                                [](const auto& entry) { return entry.kind == "decision:agent_returned"; }));
    });
    const auto pem = enrol::IdentityStore(host.state()).certificate_pem().value();
    EXPECT_GT(pki::parse_certificate(pem).value().not_after, controller.clock.now() + std::chrono::hours(23));
    host.executor.add_record(record::Kind::observed);
    EXPECT_TRUE(
        eventually([&] { return on_strand([&] { return controller.reports->accepted.size() == 2; }); }));
}

TEST_F(Renewal, ABannedHostDoesNotComeBack) {
    const AgentId id = host.enrol();
    const std::string expired = give_certificate(controller, host, id, std::chrono::milliseconds(1));
    on_strand([&] {
        EXPECT_TRUE(controller.sessions->set_state(id, fleet::AgentState::banned, "stolen", "admin").ok());
    });
    const auto executor = ipc::Client::connect(host.directory.file("executor.sock"), {}).value();
    const enrol::IdentityStore store(host.state());
    const Status refused = enrol::come_back(store, store.load().value(), *executor, controller.clock);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), Code::permission_denied);
    EXPECT_THAT(refused.error().message(), HasSubstr("banned"));
    EXPECT_EQ(store.certificate_pem().value(), expired);
    on_strand([&] { EXPECT_EQ(controller.store.certificates().size(), 1U); });
}

}  // namespace
}  // namespace signalbox::wire_test
