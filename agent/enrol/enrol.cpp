// SPDX-License-Identifier: Apache-2.0
#include "agent/enrol/enrol.hpp"

#include <fmt/format.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "agent/ipc/client.hpp"
#include "common/crypto/encoding.hpp"
#include "common/pki/certificate.hpp"
#include "common/pki/key.hpp"
#include "common/rpc/peer.hpp"
#include "common/rpc/status.hpp"
#include "common/rpc/tls.hpp"
#include "signalbox/v1/agent.grpc.pb.h"

namespace signalbox::enrol {
namespace {

constexpr std::chrono::seconds kDeadline{30};
constexpr std::string_view kStartAnew =
    "Create a new join token, remove this host's agent and executor state, and enrol again";

Result<ipc::Hello> ready_executor(ipc::Client& executor, const join::JoinLine&) {
    SB_TRY(ipc::Hello hello, executor.hello());
    if (!hello.initialised) {
        return Error(Code::failed_precondition, "the executor on this host is not initialised",
                     "Run `signalbox-executor init --join …` with the same join line first");
    }
    if (hello.identity) {
        return Error(Code::failed_precondition,
                     fmt::format("the executor already belongs to agent {}", hello.identity->agent_id.str()),
                     std::string(kStartAnew));
    }
    return hello;
}

Result<v1::EnrolResponse> ask(const join::JoinLine& line, const v1::EnrolRequest& request,
                              const Clock& clock) {
    SB_TRY(const std::string ca_pem, pki::der_to_pem(to_text(line.ca_der)));
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride(std::string(rpc::kControllerName));
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    const auto channel =
        grpc::CreateCustomChannel(line.address, rpc::anonymous_client_credentials(ca_pem), arguments);
    const auto stub = v1::AgentService::NewStub(channel);
    grpc::ClientContext context;
    context.set_deadline(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(clock.now() + kDeadline));
    v1::EnrolResponse response;
    const grpc::Status status = stub->Enrol(&context, request, &response);
    if (!status.ok())
        return rpc::from_grpc(status).with_context(fmt::format("enrolling at {}", line.address));
    return response;
}

// What came must be for us, from the authority of the line, with the trust file of the line.
Status check(const v1::EnrolResponse& response, const join::JoinLine& line, const pki::KeyAndRequest& key,
             const Clock& clock) {
    const std::string other(kStartAnew);
    if (crypto::sha256(response.trust()) != line.trust_sha256) {
        return Error(Code::refused, "the controller sent another trust file than the join line names", other);
    }
    // While the authority is changed, the line names the one that let us know the controller, and the
    // certificate may be the other's: the controller, whom we know by now, says which ones there are.
    Status issued = Error(Code::refused, "the controller named no certificate authority", other);
    for (const std::string& ca_pem : pki::split_pem(response.ca_pem())) {
        issued = pki::check_issued_by(response.certificate_pem(), ca_pem, pki::Purpose::client, clock.now());
        if (issued) break;
    }
    SB_CHECK(issued);
    SB_CHECK(pki::check_pair(response.certificate_pem(), key.key_pem));
    SB_TRY(const auto certificate, pki::parse_certificate(response.certificate_pem()));
    SB_TRY(const std::string uri, pki::single_uri(certificate));
    if (uri != rpc::agent_uri(line.cluster, AgentId(response.agent_id()))) {
        return Error(Code::refused, fmt::format("the certificate is for {}", uri), other);
    }
    return {};
}

}  // namespace

Result<Identity> enrol(const join::JoinLine& line, const EnrolOptions& options, const Clock& clock) {
    const IdentityStore store(options.state_directory);
    if (store.enrolled()) {
        return Error(Code::already_exists, "this host's agent is enrolled already", std::string(kStartAnew));
    }
    SB_TRY(const auto executor, ipc::Client::connect(options.executor_socket, {}));
    SB_TRY(const ipc::Hello hello, ready_executor(*executor, line));
    SB_TRY(const crypto::PublicKey record_key, crypto::PublicKey::from_paserk(hello.record_public));
    SB_TRY(const pki::KeyAndRequest key, pki::make_key_and_request());
    SB_TRY(const crypto::Signature proof,
           executor->prove({crypto::sha256(key.csr_der), line.id, line.environment, line.host}));

    v1::EnrolRequest request;
    request.set_join_id(line.id);
    request.set_join_secret(crypto::to_base64url(line.secret.expose()));
    request.set_csr_der(key.csr_der);
    request.set_record_public(record_key.paserk());
    request.set_record_proof(to_text(proof));
    request.set_agent_version(options.agent_version);
    SB_TRY(const v1::EnrolResponse response, ask(line, request, clock));
    SB_CHECK(check(response, line, key, clock).with_context("the join token is used up, but"));

    const Identity identity{AgentId(response.agent_id()), line.cluster, line.environment, line.host,
                            line.address};
    SB_CHECK(store.install({to_text(key.key_pem.expose()), response.certificate_pem(), response.ca_pem()}));
    SB_CHECK(executor->install_identity(identity.agent_id, response.trust())
                 .with_context("the join token is used up, but the executor refused its identity"));
    // Last: the agent counts as enrolled when everything is in place.
    SB_CHECK(store.save(identity));
    return identity;
}

}  // namespace signalbox::enrol
