// SPDX-License-Identifier: Apache-2.0
// The gRPC edge towards agents: takes the peer's identity from its certificate, posts to the domain strand,
// answers. Decides nothing else. gRPC calls it from its own threads.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "common/async/strand.hpp"
#include "common/telemetry/logger.hpp"
#include "controller/fleet/blob_reader.hpp"
#include "controller/fleet/server/enrolment.hpp"
#include "controller/fleet/server/reauthentication.hpp"
#include "controller/fleet/server/sessions.hpp"
#include "signalbox/v1/agent.grpc.pb.h"

namespace signalbox::fleet {

struct ServiceLimits {
    int max_enrolments = 128;  // and returns, at once, waiting for their answer
    int max_fetches = 64;      // at once; the rest is told to come again
    // A refused enrolment is answered this long after it came, whatever was wrong with it.
    std::chrono::milliseconds refusal_after{250};
};

class AgentRpc final : public v1::AgentService::CallbackService {
  public:
    // All must outlive the service; the server must be shut down before the strand is.
    AgentRpc(ClusterId cluster, Sessions& sessions, Enroller& enroller, Reauthenticator& returns,
             FleetStore& store, const AgentCa& ca, BlobReader& blobs, async::Strand& strand,
             const Clock& clock, telemetry::Logger log, ServiceLimits limits = {});

    grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext* context, const v1::EnrolRequest* request,
                                    v1::EnrolResponse* response) override;
    grpc::ServerUnaryReactor* Challenge(grpc::CallbackServerContext* context,
                                        const v1::ChallengeRequest* request,
                                        v1::ChallengeResponse* response) override;
    grpc::ServerUnaryReactor* Reauthenticate(grpc::CallbackServerContext* context,
                                             const v1::ReauthenticateRequest* request,
                                             v1::RenewResponse* response) override;
    grpc::ServerUnaryReactor* Renew(grpc::CallbackServerContext* context, const v1::RenewRequest* request,
                                    v1::RenewResponse* response) override;
    grpc::ServerBidiReactor<v1::AgentMessage, v1::ControllerMessage>* Connect(
        grpc::CallbackServerContext* context) override;
    grpc::ServerWriteReactor<v1::ArtifactChunk>* FetchArtifact(
        grpc::CallbackServerContext* context, const v1::FetchArtifactRequest* request) override;

  private:
    [[nodiscard]] Result<AgentId> peer(const grpc::CallbackServerContext& context) const;
    void remember(const AgentId& id, const std::string& certificate_pem);
    [[nodiscard]] Result<v1::RenewResponse> renew(const AgentId& agent, const Bytes& csr_der);

    ClusterId cluster_;
    Sessions& sessions_;
    Enroller& enroller_;
    Reauthenticator& returns_;
    FleetStore& store_;
    const AgentCa& ca_;
    BlobReader& blobs_;
    async::Strand& strand_;
    const Clock& clock_;
    telemetry::Logger log_;
    ServiceLimits limits_;
    std::atomic<int> enrolments_{0};
    std::atomic<int> fetches_{0};
};

}  // namespace signalbox::fleet
