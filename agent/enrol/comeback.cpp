// SPDX-License-Identifier: Apache-2.0
#include "agent/enrol/comeback.hpp"

#include <fmt/format.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "common/crypto/encoding.hpp"
#include "common/os/file.hpp"
#include "common/pki/certificate.hpp"
#include "common/pki/key.hpp"
#include "common/rpc/peer.hpp"
#include "common/rpc/status.hpp"
#include "signalbox/v1/agent.grpc.pb.h"

namespace signalbox::enrol {
namespace {

constexpr std::chrono::seconds kDeadline{10};
constexpr std::size_t kMaxPemBytes = 64 * 1024;

void set_deadline(grpc::ClientContext& context, const Clock& clock) {
    context.set_deadline(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(clock.now() + kDeadline));
}

using Stub = std::unique_ptr<v1::AgentService::Stub>;

Result<Stub> anonymous(const IdentityStore& store, const Identity& identity) {
    SB_TRY(const std::string ca_pem, os::read_file(store.tls_files().ca, kMaxPemBytes));
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride(std::string(rpc::kControllerName));
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return v1::AgentService::NewStub(
        grpc::CreateCustomChannel(identity.address, rpc::anonymous_client_credentials(ca_pem), arguments));
}

Result<std::string> challenge(v1::AgentService::Stub& stub, const Identity& identity, const Clock& clock) {
    v1::ChallengeRequest wanted;
    wanted.set_agent_id(identity.agent_id.str());
    v1::ChallengeResponse given;
    grpc::ClientContext context;
    set_deadline(context, clock);
    if (const auto status = stub.Challenge(&context, wanted, &given); !status.ok())
        return rpc::from_grpc(status).with_context("asking for a challenge");
    return given.challenge();
}

}  // namespace

Status answers(const IdentityStore& store, const Identity& identity, const Clock& clock) {
    SB_TRY(const Stub stub, anonymous(store, identity));
    SB_CHECK(challenge(*stub, identity, clock));
    return {};
}

Status come_back(const IdentityStore& store, const Identity& identity, ipc::Client& executor,
                 const Clock& clock) {
    SB_TRY(const Stub stub, anonymous(store, identity));
    SB_TRY(const std::string given, challenge(*stub, identity, clock));
    SB_TRY(const pki::KeyAndRequest key, pki::make_key_and_request());
    SB_TRY(const ipc::ProveReply proof, executor.prove_return(given, crypto::sha256(key.csr_der)));
    v1::ReauthenticateRequest request;
    request.set_agent_id(identity.agent_id.str());
    request.set_challenge(given);
    request.set_csr_der(key.csr_der);
    request.set_record_proof(to_text(proof.signature));
    for (const std::string& change : proof.key_changes) request.add_key_changes(change);
    v1::RenewResponse response;
    grpc::ClientContext second;
    set_deadline(second, clock);
    if (const auto status = stub->Reauthenticate(&second, request, &response); !status.ok())
        return rpc::from_grpc(status).with_context("coming back");

    SB_CHECK(pki::check_pair(response.certificate_pem(), key.key_pem));
    SB_TRY(const auto certificate, pki::parse_certificate(response.certificate_pem()));
    SB_TRY(const std::string uri, pki::single_uri(certificate));
    if (uri != rpc::agent_uri(identity.cluster, identity.agent_id)) {
        return Error(Code::refused, fmt::format("the certificate is for {}", uri), "Look at the controller");
    }
    return store.install({to_text(key.key_pem.expose()), response.certificate_pem(), response.ca_pem()});
}

}  // namespace signalbox::enrol
