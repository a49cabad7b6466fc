// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/server/agent_service.hpp"

#include <fmt/format.h>

#include "common/pki/certificate.hpp"
#include "common/rpc/peer.hpp"
#include "common/rpc/server_stream.hpp"
#include "common/rpc/status.hpp"
#include "controller/fleet/server/fetch_call.hpp"

namespace signalbox::fleet {
namespace {

using Stream = rpc::ServerStream<v1::AgentMessage, v1::ControllerMessage>;

class StreamLink final : public SessionLink {
  public:
    explicit StreamLink(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
    bool send(v1::ControllerMessage message) override { return stream_->send(std::move(message)); }
    void close(const Error& why) override { stream_->close(rpc::to_grpc(why)); }

  private:
    std::shared_ptr<Stream> stream_;
};

Error busy() {
    return Error(Code::resource_exhausted, "the controller serves as many of these calls as it may",
                 "Try again in a moment");
}

// Counts a call in; `false` when there are `most` already.
bool let_in(std::atomic<int>& count, int most) {
    if (count.fetch_add(1) < most) return true;
    count.fetch_sub(1);
    return false;
}

}  // namespace

AgentRpc::AgentRpc(ClusterId cluster, Sessions& sessions, Enroller& enroller, Reauthenticator& returns,
                   FleetStore& store, const AgentCa& ca, BlobReader& blobs, async::Strand& strand,
                   const Clock& clock, telemetry::Logger log, ServiceLimits limits)
    : cluster_(std::move(cluster)),
      sessions_(sessions),
      enroller_(enroller),
      returns_(returns),
      store_(store),
      ca_(ca),
      blobs_(blobs),
      strand_(strand),
      clock_(clock),
      log_(std::move(log)),
      limits_(limits) {}

Result<AgentId> AgentRpc::peer(const grpc::CallbackServerContext& context) const {
    return rpc::peer_agent(cluster_, *context.auth_context());
}

grpc::ServerUnaryReactor* AgentRpc::Enrol(grpc::CallbackServerContext* context,
                                          const v1::EnrolRequest* request, v1::EnrolResponse* response) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (!let_in(enrolments_, limits_.max_enrolments)) {
        reactor->Finish(rpc::to_grpc(busy()));
        return reactor;
    }
    EnrolmentRequest wanted{
        rpc::peer_address(context->peer()), request->join_id(),       request->join_secret(),
        to_bytes(request->csr_der()),       request->record_public(), to_bytes(request->record_proof())};
    strand_.post([this, reactor, response, wanted = std::move(wanted), came = clock_.now()] {
        auto enrolled = enroller_.enrol(wanted, clock_.now());
        if (!enrolled) {
            log_.warning("enrolment refused", {{"peer", wanted.peer}, {"error", enrolled.error()}});
            strand_.post_at(came + limits_.refusal_after,
                            [this, reactor, status = rpc::to_grpc(enrolled.error())] {
                                enrolments_.fetch_sub(1);
                                reactor->Finish(status);
                            });
            return;
        }
        for (const AgentId& old : enrolled->replaced) sessions_.cut(old, "its host enrolled again");
        response->set_agent_id(enrolled->agent_id.str());
        response->set_certificate_pem(enrolled->certificate_pem);
        response->set_ca_pem(ca_.ca_pem());
        response->set_trust(enrolled->trust);
        enrolments_.fetch_sub(1);
        reactor->Finish(grpc::Status::OK);
    });
    return reactor;
}

grpc::ServerUnaryReactor* AgentRpc::Challenge(grpc::CallbackServerContext* context,
                                              const v1::ChallengeRequest* request,
                                              v1::ChallengeResponse* response) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    strand_.post([this, reactor, response, id = AgentId(request->agent_id())] {
        auto challenge = returns_.challenge(id, clock_.now());
        if (!challenge) {
            reactor->Finish(rpc::to_grpc(challenge.error()));
            return;
        }
        response->set_challenge(*std::move(challenge));
        reactor->Finish(grpc::Status::OK);
    });
    return reactor;
}

grpc::ServerUnaryReactor* AgentRpc::Reauthenticate(grpc::CallbackServerContext* context,
                                                   const v1::ReauthenticateRequest* request,
                                                   v1::RenewResponse* response) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    if (!let_in(enrolments_, limits_.max_enrolments)) {
        reactor->Finish(rpc::to_grpc(busy()));
        return reactor;
    }
    ReturnRequest wanted{rpc::peer_address(context->peer()),
                         AgentId(request->agent_id()),
                         request->challenge(),
                         to_bytes(request->csr_der()),
                         to_bytes(request->record_proof()),
                         {request->key_changes().begin(), request->key_changes().end()}};
    strand_.post([this, reactor, response, wanted = std::move(wanted), came = clock_.now()] {
        auto leaf = returns_.come_back(wanted, clock_.now());
        if (!leaf) {
            log_.warning("a host may not come back", {{"peer", wanted.peer}, {"error", leaf.error()}});
            strand_.post_at(came + limits_.refusal_after,
                            [this, reactor, status = rpc::to_grpc(leaf.error())] {
                                enrolments_.fetch_sub(1);
                                reactor->Finish(status);
                            });
            return;
        }
        response->set_certificate_pem(leaf->pem);
        response->set_ca_pem(ca_.ca_pem());
        enrolments_.fetch_sub(1);
        reactor->Finish(grpc::Status::OK);
    });
    return reactor;
}

grpc::ServerUnaryReactor* AgentRpc::Renew(grpc::CallbackServerContext* context,
                                          const v1::RenewRequest* request, v1::RenewResponse* response) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    auto agent = peer(*context);
    if (!agent) {
        reactor->Finish(rpc::to_grpc(agent.error()));
        return reactor;
    }
    strand_.post([this, reactor, response, id = *agent, csr = to_bytes(request->csr_der())] {
        auto renewed = renew(id, csr);
        if (!renewed) {
            log_.warning("renewal refused", {{"agent", id}, {"error", renewed.error()}});
            reactor->Finish(rpc::to_grpc(renewed.error()));
            return;
        }
        *response = *std::move(renewed);
        reactor->Finish(grpc::Status::OK);
    });
    return reactor;
}

Result<v1::RenewResponse> AgentRpc::renew(const AgentId& id, const Bytes& csr_der) {
    SB_TRY(const auto agent, store_.agent(id));
    if (!agent) {
        return Error(Code::unauthenticated, fmt::format("no agent {} is enrolled here", id.str()),
                     "Enrol this host again");
    }
    if (agent->state == AgentState::banned) {
        return Error(Code::permission_denied, fmt::format("agent {} is banned", id.str()),
                     "Enrol this host again if it may come back");
    }
    SB_TRY(AgentLeaf leaf, ca_.issue(id, csr_der, clock_.now()));
    SB_CHECK(store_.add_certificate(leaf.issued));
    v1::RenewResponse response;
    response.set_certificate_pem(leaf.pem);
    response.set_ca_pem(ca_.ca_pem());
    return response;
}

grpc::ServerBidiReactor<v1::AgentMessage, v1::ControllerMessage>* AgentRpc::Connect(
    grpc::CallbackServerContext* context) {
    auto agent = peer(*context);
    auto certificate = rpc::peer_certificate(*context->auth_context());
    const auto stream = Stream::open(strand_, clock_, context);
    strand_.post([this, stream, agent = std::move(agent), certificate = std::move(certificate)] {
        if (!agent) {
            stream->start({});
            stream->close(rpc::to_grpc(agent.error()));
            return;
        }
        const AgentId& id = *agent;
        remember(id, certificate);
        const auto link = std::make_shared<StreamLink>(stream);
        const SessionLink* name = link.get();
        sessions_.opened(id, link);
        stream->start(
            {[this, id, name](v1::AgentMessage message) { sessions_.received(id, name, std::move(message)); },
             [this, id, name, link] { sessions_.closed(id, name); }});
    });
    return stream.get();
}

// Which of the certificates that were issued to it the agent really holds.
void AgentRpc::remember(const AgentId& id, const std::string& certificate_pem) {
    const auto certificate = pki::parse_certificate(certificate_pem);
    if (!certificate) return;
    if (auto kept = store_.certificate_presented(certificate->serial, id, clock_.now()); !kept)
        log_.error("cannot keep which certificate an agent has", {{"agent", id}, {"error", kept.error()}});
}

grpc::ServerWriteReactor<v1::ArtifactChunk>* AgentRpc::FetchArtifact(
    grpc::CallbackServerContext* context, const v1::FetchArtifactRequest* request) {
    const bool free_place = let_in(fetches_, limits_.max_fetches);
    auto* call = new FetchCall([this, free_place] {
        if (free_place) fetches_.fetch_sub(1);
    });
    auto agent = peer(*context);
    auto sha256 = crypto::parse_digest(request->sha256());
    if (!agent) {
        call->refuse(agent.error());
    } else if (!sha256) {
        call->refuse(sha256.error());
    } else if (!free_place) {
        call->refuse(busy());
    } else {
        strand_.post([this, call, id = *agent, digest = *sha256, offset = request->offset()] {
            auto pass = sessions_.may_fetch(id, digest);
            if (pass == nullptr) {
                call->refuse(
                    Error(Code::permission_denied,
                          fmt::format("no step of agent {} names artifact {}", id.str(), digest.hex()),
                          "Wait for a step that needs it"));
                return;
            }
            auto blob = blobs_.open(digest);
            if (!blob) {
                call->refuse(blob.error());
            } else {
                call->send(*std::move(blob), offset, std::move(pass));
            }
        });
    }
    return call;
}

}  // namespace signalbox::fleet
