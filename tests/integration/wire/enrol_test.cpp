// SPDX-License-Identifier: Apache-2.0
// Enrolment over real TLS, and who may not come in.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <future>
#include <thread>

#include "common/crypto/encoding.hpp"
#include "common/rpc/tls.hpp"
#include "tests/integration/wire/wire_fixture.hpp"

namespace signalbox::wire_test {
namespace {

using Enrolment = Wire;

TEST_F(Enrolment, GivesTheHostAnIdentityThatTheLedgerTellsOf) {
    const auto identity = host.enrol(controller.join_line());
    ASSERT_TRUE(identity.ok()) << identity.error().to_string();
    EXPECT_EQ(identity->host, "web-1");

    const auto stored = on_strand([&] { return controller.store.agent(identity->agent_id); });
    ASSERT_TRUE(stored.ok() && stored->has_value());
    EXPECT_EQ((*stored)->environment, "production");
    EXPECT_EQ((*stored)->labels.at("role"), "web");
    EXPECT_EQ((*stored)->record_key, host.executor.key().public_key());
    EXPECT_EQ(controller.store.entries().back().kind, "decision:agent_enrolled");

    const auto pem = enrol::IdentityStore(host.state()).certificate_pem().value();
    const auto certificate = pki::parse_certificate(pem).value();
    EXPECT_EQ(pki::single_uri(certificate).value(), "spiffe://demo/agent/" + identity->agent_id.str());
    EXPECT_TRUE(certificate.names.dns.empty()) << "an agent must not be able to pose as the controller";
}

TEST_F(Enrolment, attack_18_fifty_at_once_with_one_token_make_one_agent) {
    const join::JoinLine line = controller.join_line();
    std::vector<std::unique_ptr<Host>> hosts;
    for (int i = 0; i < 50; ++i) hosts.push_back(std::make_unique<Host>(controller));
    std::atomic<int> successes{0};
    std::vector<std::thread> threads;
    for (auto& each : hosts) {
        threads.emplace_back([&, h = each.get()] {
            if (h->enrol(line).ok()) ++successes;
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(successes.load(), 1);
    EXPECT_EQ(on_strand([&] { return controller.store.agents().value().size(); }), 1U);
}

TEST_F(Enrolment, attack_18_wrong_used_and_expired_tokens_get_the_same_answer) {
    const join::JoinLine used = controller.join_line();
    ASSERT_TRUE(host.enrol(used).ok());
    join::JoinLine wrong = controller.join_line("web-2");
    wrong.secret = crypto::SecretBytes(join::kSecretBytes);
    join::JoinLine unknown = controller.join_line("web-3");
    unknown.id = "0000000000000000";
    const join::JoinLine expired = controller.join_line("web-4", std::chrono::seconds(1));
    std::set<std::string> answers;
    const Instant end = controller.clock.now() + std::chrono::milliseconds(1100);
    ASSERT_TRUE(eventually([&] { return controller.clock.now() > end; }));
    for (const join::JoinLine* line :
         std::initializer_list<const join::JoinLine*>{&used, &wrong, &unknown, &expired}) {
        Host other(controller);
        const Instant before = controller.clock.now();
        const auto refused = other.enrol(*line);
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().code(), Code::unauthenticated);
        EXPECT_GE(controller.clock.now() - before, std::chrono::milliseconds(240));
        answers.insert(refused.error().to_string());
    }
    EXPECT_EQ(answers.size(), 1U) << testing::PrintToString(answers);
}

TEST_F(Enrolment, attack_18_repeated_failures_lock_the_peer_out_even_with_a_good_token) {
    join::JoinLine wrong = controller.join_line();
    const join::JoinLine good = controller.join_line();
    wrong.secret = crypto::SecretBytes(join::kSecretBytes);
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(host.enrol(wrong).ok());
    const auto locked = host.enrol(good);
    ASSERT_FALSE(locked.ok());
    EXPECT_EQ(locked.error().code(), Code::resource_exhausted);
}

TEST_F(Enrolment, TheLineAuthenticatesTheController) {
    join::JoinLine line = controller.join_line();
    auto other = pki::create_authority("demo", controller.clock.now(), controller.random).value();
    line.ca_der = to_bytes(pki::pem_to_der(other.certificate_pem).value());
    const auto refused = host.enrol(line);
    ASSERT_FALSE(refused.ok());
    EXPECT_FALSE(controller.store.tokens().at(line.id).used) << "the secret must not have been sent";

    join::JoinLine other_trust = controller.join_line();
    other_trust.trust_sha256 = crypto::sha256("another trust file");
    const auto mismatch = host.enrol(other_trust);
    ASSERT_FALSE(mismatch.ok());
    EXPECT_EQ(mismatch.error().code(), Code::refused);
    EXPECT_FALSE(enrol::IdentityStore(host.state()).enrolled());
}

TEST_F(Enrolment, AHostThatEnrolsAgainReplacesItsOldSelf) {
    const AgentId old = host.enrol();
    host.start();
    ASSERT_TRUE(online(old));
    Host again(controller);
    const auto fresh = again.enrol(controller.join_line("web-1", std::chrono::seconds(600), true));
    ASSERT_TRUE(fresh.ok()) << fresh.error().to_string();
    EXPECT_NE(old, fresh->agent_id);
    EXPECT_TRUE(offline(old));
    EXPECT_EQ(on_strand([&] { return (*controller.store.agent(old).value()).state; }),
              fleet::AgentState::banned);
}

TEST_F(Enrolment, ALineDoesNotReplaceWhatWasEnrolledAfterIt) {
    const join::JoinLine first = controller.join_line();
    const join::JoinLine spare = controller.join_line();
    const auto live = host.enrol(first);
    ASSERT_TRUE(live.ok()) << live.error().to_string();
    Host other(controller);
    const auto refused = other.enrol(spare);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), Code::failed_precondition);
    EXPECT_EQ(on_strand([&] { return (*controller.store.agent(live->agent_id).value()).state; }),
              fleet::AgentState::active);
}

TEST_F(Enrolment,
       attack_23_a_second_host_with_the_same_record_key_gets_nothing_and_the_first_is_quarantined) {
    const AgentId first = host.enrol();
    host.start();
    ASSERT_TRUE(online(first));
    ASSERT_TRUE(
        eventually([&] { return on_strand([&] { return controller.reports->accepted.size() == 1; }); }));
    Host copy(controller, crypto::SigningKey::from_seed_and_public(host.executor.key().expose()).value());
    const join::JoinLine line = controller.join_line("web-2");
    const auto refused = copy.enrol(line);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), Code::failed_precondition);
    EXPECT_THAT(refused.error().remedy(), testing::HasSubstr("signalbox-executor init"));
    on_strand([&] {
        EXPECT_EQ(controller.store.agents().value().size(), 1U);
        EXPECT_EQ((*controller.store.agent(first).value()).state, fleet::AgentState::quarantined);
        EXPECT_EQ(controller.store.entries().back().kind, "decision:agent_quarantined");
        EXPECT_FALSE(controller.store.tokens().at(line.id).used) << "the real web-2 may still use it";
    });
}

// A certificate of this authority or another, with any names.
class Caller {
  public:
    Caller(support::FleetController& controller, const pki::Authority& authority,
           const std::vector<std::string>& uris, Duration life = std::chrono::hours(1))
        : controller_(controller) {
        const auto key = pki::make_key_and_request().value();
        pki::LeafProfile profile;
        profile.names.uris = uris;
        if (uris.empty()) profile.names.dns = {"somebody"};
        profile.client = true;
        profile.life = life;
        const auto leaf =
            authority.issue(key.csr_der, profile, controller.clock.now(), controller.random).value();
        put("key", to_text(key.key_pem.expose()));
        put("crt", leaf.certificate_pem);
        put("ca", controller.authority.certificate_pem());
    }
    grpc::Status connect() {
        auto channel = link::open_channel(
            controller_.address, {directory_.file("key"), directory_.file("crt"), directory_.file("ca")});
        return hello(v1::AgentService::NewStub(channel.value()).get());
    }
    static grpc::Status hello(v1::AgentService::Stub* stub) {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
        const auto stream = stub->Connect(&context);
        v1::AgentMessage message;
        message.mutable_hello();
        stream->Write(message);
        v1::ControllerMessage answer;
        if (stream->Read(&answer)) {
            context.TryCancel();
            stream->Finish();
            return grpc::Status::OK;
        }
        return stream->Finish();
    }

    // A method by its name, as any gRPC client would call it.
    grpc::StatusCode call(const std::string& method) {
        auto channel = link::open_channel(
            controller_.address, {directory_.file("key"), directory_.file("crt"), directory_.file("ca")});
        grpc::GenericStub stub(channel.value());
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
        const grpc::Slice empty("");
        const grpc::ByteBuffer request(&empty, 1);  // a buffer without a slice is no message
        grpc::ByteBuffer response;
        std::promise<grpc::StatusCode> answered;
        stub.UnaryCall(&context, method, {}, &request, &response,
                       [&](const grpc::Status& status) { answered.set_value(status.error_code()); });
        return answered.get_future().get();
    }

  private:
    void put(const std::string& name, const std::string& text) {
        if (!os::write_file_atomically(directory_.file(name), text)) std::terminate();
    }
    support::FleetController& controller_;
    os::TempDirectory directory_ = os::TempDirectory::make().value();
};

TEST_F(Enrolment, attack_20_only_the_exact_name_of_an_enrolled_agent_connects) {
    const AgentId id = host.enrol();
    const std::string good = "spiffe://demo/agent/" + id.str();
    EXPECT_TRUE(Caller(controller, controller.authority, {good}).connect().ok());

    std::string upper = id.str();
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const std::vector<std::vector<std::string>> bad = {
        {},
        {good, "spiffe://demo/agent/" + controller.random.uuid()},
        {good + "0"},  // "agent/1" must not admit "agent/10"
        {good.substr(0, good.size() - 1)},
        {"spiffe://other/agent/" + id.str()},
        {"spiffe://demo/agent/../agent/" + id.str()},
        {"spiffe://demo/agent/" + upper},
        {"spiffe://demo/controller"},
        {"spiffe://demo/agent/" + controller.random.uuid()},  // well-formed, and nobody
    };
    for (const auto& uris : bad) {
        const grpc::Status status = Caller(controller, controller.authority, uris).connect();
        EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED)
            << testing::PrintToString(uris) << " " << status.error_message();
    }
}

TEST_F(Enrolment, attack_19_an_agents_certificate_opens_no_operators_method_and_raises_the_alarm) {
    const AgentId id = host.enrol();
    Caller agent(controller, controller.authority, {"spiffe://demo/agent/" + id.str()});
    for (const char* method :
         {"/signalbox.v1.FleetService/SetAgentState", "/signalbox.v1.TrustService/Publish",
          "/signalbox.v1.AccessService/CreateApiKey", "/no.such/Method"})
        EXPECT_EQ(agent.call(method), grpc::StatusCode::PERMISSION_DENIED) << method;
    Caller nobody(controller, controller.authority, {"spiffe://demo/controller"});
    EXPECT_EQ(nobody.call("/signalbox.v1.FleetService/ListAgents"), grpc::StatusCode::UNAUTHENTICATED);
    // Of a newer controller: no attack.
    EXPECT_EQ(agent.call("/signalbox.v1.AgentService/NotYetKnown"), grpc::StatusCode::UNIMPLEMENTED);
    int alarms = 0;
    on_strand([&] {
        for (const auto& entry : controller.ledger_store.raw())
            alarms += entry.kind == "decision:agent_alarm";
        return 0;
    });
    EXPECT_EQ(alarms, 1) << "one in a while, so that nobody fills the ledger";
}

TEST_F(Enrolment, attack_20_no_certificate_an_expired_one_and_other_authorities_are_refused) {
    const AgentId id = host.enrol();
    auto files = pki::create_authority("demo", controller.clock.now(), controller.random).value();
    const auto other = pki::Authority::load(files.certificate_pem, files.key_pem).value();
    EXPECT_EQ(Caller(controller, other, {"spiffe://demo/agent/" + id.str()}).connect().error_code(),
              grpc::StatusCode::UNAVAILABLE)
        << "the handshake itself must fail";
    EXPECT_EQ(Caller(controller, controller.authority, {"spiffe://demo/agent/" + id.str()},
                     std::chrono::milliseconds(1))
                  .connect()
                  .error_code(),
              grpc::StatusCode::UNAVAILABLE)
        << "it has expired";

    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("signalbox-controller");
    const auto channel = grpc::CreateCustomChannel(
        controller.address, rpc::anonymous_client_credentials(controller.authority.certificate_pem()),
        arguments);
    const auto stub = v1::AgentService::NewStub(channel);
    EXPECT_EQ(Caller::hello(stub.get()).error_code(), grpc::StatusCode::UNAUTHENTICATED);

    grpc::ClientContext context;
    v1::RenewRequest request;
    v1::RenewResponse response;
    EXPECT_EQ(stub->Renew(&context, request, &response).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace signalbox::wire_test
