// SPDX-License-Identifier: Apache-2.0
// The gRPC edge over real TLS on the loopback address.
#include "common/rpc/server.hpp"
#include "controller/api/grpc_edge.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include "common/async/thread_strand.hpp"
#include "common/os/file.hpp"
#include "common/os/temp_directory.hpp"
#include "common/pki/authority.hpp"
#include "common/pki/key.hpp"
#include "signalbox/v1/error.pb.h"
#include "tests/fakes/fixed_random.hpp"
#include "tests/unit/controller/api/fixture.hpp"

namespace signalbox::api {
namespace {

struct Answer {
    grpc::Status status;
    std::string bytes;
};

class OperatorServerTest : public ApiFixture {
  protected:
    void SetUp() override {
        fakes::FixedRandom random;
        const auto now = SystemClock().now();
        const auto files = *pki::create_authority("test", now, random);
        const auto authority = *pki::Authority::load(files.certificate_pem, files.key_pem);
        const auto request = *pki::make_key_and_request();
        pki::LeafProfile profile;
        profile.names.dns = {"localhost"};
        profile.names.ips = {"127.0.0.1"};
        profile.server = true;
        const auto leaf = *authority.issue(request.csr_der, profile, now, random);
        ca_pem = files.certificate_pem;
        ASSERT_TRUE(os::write_file_atomically(directory.file("ca.crt"), ca_pem).ok());
        ASSERT_TRUE(os::write_file_atomically(directory.file("server.crt"), leaf.certificate_pem).ok());
        ASSERT_TRUE(
            os::write_file_atomically(directory.file("server.key"), to_text(request.key_pem.expose())).ok());
        rpc::ServerOptions options;
        options.name = "operators";
        options.listen = "127.0.0.1:0";
        options.tls.ca = directory.file("ca.crt");
        options.tls.certificate = directory.file("server.crt");
        options.tls.key = directory.file("server.key");
        auto started = rpc::Server::start(
            options, clock, [this](auto& builder) { builder.RegisterCallbackGenericService(&edge); });
        ASSERT_TRUE(started.ok()) << started.error().to_string();
        server = std::move(*started);
        grpc::SslCredentialsOptions ssl;
        ssl.pem_root_certs = ca_pem;
        channel = grpc::CreateChannel(server->address(), grpc::SslCredentials(ssl));
    }

    Answer call(const std::string& method, const std::string& key, const Message& message,
                std::chrono::seconds within = std::chrono::seconds(20)) {
        grpc::GenericStub stub(channel);
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + within);
        if (!key.empty()) context.AddMetadata("authorization", "Bearer " + key);
        grpc::CompletionQueue queue;
        const grpc::Slice slice(message.SerializeAsString());
        const grpc::ByteBuffer request(&slice, 1);
        const auto pending = stub.PrepareUnaryCall(&context, "/signalbox.v1." + method, request, &queue);
        pending->StartCall();
        Answer answer;
        grpc::ByteBuffer response;
        pending->Finish(&response, &answer.status, nullptr);
        void* tag = nullptr;
        bool ok = false;
        queue.Next(&tag, &ok);
        std::vector<grpc::Slice> slices;
        if (answer.status.ok() && response.Dump(&slices).ok()) {
            for (const auto& piece : slices) {
                answer.bytes.append(reinterpret_cast<const char*>(piece.begin()), piece.size());
            }
        }
        return answer;
    }

    SystemClock system_clock;
    async::ThreadStrand own_strand{system_clock};
    Dispatcher threaded{table(), who, own_strand, metrics, telemetry::Logger::silent()};
    GrpcEdge edge{threaded};
    os::TempDirectory directory = *os::TempDirectory::make();
    std::string ca_pem;
    std::unique_ptr<rpc::Server> server;
    std::shared_ptr<grpc::Channel> channel;
};

TEST_F(OperatorServerTest, AnswersCallsWithTheSameTableAsHttps) {
    const auto answer = call("AccessService/WhoAmI", "audit-key", v1::WhoAmIRequest());
    ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
    v1::WhoAmIResponse parsed;
    ASSERT_TRUE(parsed.ParseFromString(answer.bytes));
    EXPECT_EQ(parsed.name(), "bob");
}

TEST_F(OperatorServerTest, FailuresCarryTheirStatusAndTheRemedyInTheDetails) {
    EXPECT_EQ(call("AccessService/WhoAmI", "", v1::WhoAmIRequest()).status.error_code(),
              grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(call("AccessService/WhoAmI", "wrong", v1::WhoAmIRequest()).status.error_code(),
              grpc::StatusCode::UNAUTHENTICATED);
    v1::RevokeApiKeyRequest request;
    request.set_id("conflict");
    EXPECT_EQ(call("AccessService/RevokeApiKey", "audit-key", request).status.error_code(),
              grpc::StatusCode::PERMISSION_DENIED);
    const auto conflict = call("AccessService/RevokeApiKey", "admin-key", request).status;
    EXPECT_EQ(conflict.error_code(), grpc::StatusCode::ABORTED);
    v1::StatusDetails details;
    ASSERT_TRUE(details.ParseFromString(conflict.error_details()));
    v1::ErrorDetail detail;
    ASSERT_EQ(details.details_size(), 1);
    ASSERT_TRUE(details.details(0).UnpackTo(&detail));
    EXPECT_EQ(detail.code(), "conflict");
    EXPECT_EQ(detail.remedy(), "Look again.");
    EXPECT_EQ(call("AccessService/NoSuch", "admin-key", request).status.error_code(),
              grpc::StatusCode::NOT_FOUND);
}

TEST_F(OperatorServerTest, ACallerThatGoesAwayLeavesNothingBehind) {
    const auto late =
        call("ReleaseService/Get", "audit-key", v1::GetReleaseRequest(), std::chrono::seconds(1));
    EXPECT_EQ(late.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
    // The answer that comes after all finds nobody, and the next call works.
    own_strand.call([this] {
        if (waiting) waiting(v1::GetReleaseResponse());
    });
    EXPECT_TRUE(call("AccessService/WhoAmI", "audit-key", v1::WhoAmIRequest()).status.ok());
    server->stop(std::chrono::milliseconds(0));
}

}  // namespace
}  // namespace signalbox::api
