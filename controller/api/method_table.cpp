// SPDX-License-Identifier: Apache-2.0
#include "controller/api/method_table.hpp"

#include "controller/access/service.hpp"
#include "controller/api/status_api.hpp"
#include "controller/artifact/artifact_service.hpp"
#include "controller/authority/trust_api.hpp"
#include "controller/estate/estate_service.hpp"
#include "controller/fleet/server/authority_change.hpp"
#include "controller/fleet/server/service.hpp"
#include "controller/ledger/api/ledger_api.hpp"
#include "controller/release/dispatch/release_api.hpp"
#include "controller/secret/secret_service.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::api {
namespace {

using access::Role;

// Who may do what. An administrator may do everything.
Needs any_role() {
    return {access::all_roles()};  // reading: any key that is valid
}
Needs only_administrators() {
    return {{Role::administrator}};
}
// Who holds which key is nobody's business but theirs who check it.
Needs auditors() {
    return {{Role::auditor}};
}
Needs operators() {
    return {{Role::operator_}};
}
Needs coordinators() {
    return {{Role::coordinator}};
}
// To stop, go on with or take back what runs.
Needs whoever_runs_releases() {
    return {{Role::operator_, Role::coordinator}};
}
// What all releases do together is for those who run and check them.
Needs whoever_oversees() {
    return {{Role::operator_, Role::coordinator, Role::auditor}};
}
Needs approvers() {
    return {{Role::approver}};
}

// One line a method: the service's object, its member function, and the messages are known from it.
template <class Service, class Request, class Response>
Method row(const char* name, Needs needs, Service* service,
           Result<Response> (Service::*call)(const access::Caller&, const Request&)) {
    return unary<Request, Response>(name, std::move(needs),
                                    [service, call](const access::Caller& caller, const Request& request) {
                                        return (service->*call)(caller, request);
                                    });
}
template <class Service, class Request, class Response>
Method row(const char* name, Needs needs, const Service* service,
           Result<Response> (Service::*call)(const access::Caller&, const Request&) const) {
    return unary<Request, Response>(name, std::move(needs),
                                    [service, call](const access::Caller& caller, const Request& request) {
                                        return (service->*call)(caller, request);
                                    });
}
// The same for methods that answer later.
template <class Service, class Request, class Response>
Method row(const char* name, Needs needs, Service* service,
           void (Service::*call)(const access::Caller&, const Request&,
                                 std::function<void(Result<Response>)>)) {
    return deferred<Request, Response>(name, std::move(needs),
                                       [service, call](const access::Caller& caller, const Request& request,
                                                       std::function<void(Result<Response>)> reply) {
                                           (service->*call)(caller, request, std::move(reply));
                                       });
}

}  // namespace

MethodTable method_table(const Services& s) {
    using access::AccessService;
    using artifact::ArtifactService;
    using authority::TrustApi;
    using dispatch::ReleaseApi;
    using estate::EstateService;
    using ledger::LedgerApi;
    // clang-format off
    const std::vector<Method> rows{
        row("signalbox.v1.StatusService/Get", any_role(), s.status, &StatusApi::get),

        row("signalbox.v1.AccessService/WhoAmI", any_role(), s.access, &AccessService::who_am_i),
        row("signalbox.v1.AccessService/CreateApiKey", only_administrators(), s.access, &AccessService::create),
        row("signalbox.v1.AccessService/ListApiKeys", auditors(), s.access, &AccessService::list),
        row("signalbox.v1.AccessService/RevokeApiKey", only_administrators(), s.access, &AccessService::revoke),

        row("signalbox.v1.TrustService/Get", any_role(), s.trust, &TrustApi::get),
        row("signalbox.v1.TrustService/Publish", only_administrators(), s.trust, &TrustApi::publish),
        row("signalbox.v1.TrustService/History", any_role(), s.trust, &TrustApi::history),
        row("signalbox.v1.TrustService/ListTokenKeys", auditors(), s.trust, &TrustApi::list_token_keys),
        row("signalbox.v1.TrustService/PrepareTokenKey", only_administrators(), s.trust, &TrustApi::prepare_token_key),

        row("signalbox.v1.FleetService/CreateJoinToken", only_administrators(), s.fleet, &fleet::Service::create_join_token),
        row("signalbox.v1.FleetService/ListAgents", any_role(), s.fleet, &fleet::Service::list_agents),
        row("signalbox.v1.FleetService/ShowAgent", any_role(), s.fleet, &fleet::Service::show_agent),
        row("signalbox.v1.FleetService/SetAgentState", operators(), s.fleet, &fleet::Service::set_agent_state),
        row("signalbox.v1.FleetService/ShowAuthority", any_role(), s.authority_change, &fleet::AuthorityChange::show),
        row("signalbox.v1.FleetService/PrepareAuthority", only_administrators(), s.authority_change, &fleet::AuthorityChange::prepare),
        row("signalbox.v1.FleetService/RetireAuthority", only_administrators(), s.authority_change, &fleet::AuthorityChange::retire),

        row("signalbox.v1.EstateService/SetSource", only_administrators(), s.estate, &EstateService::set_source),
        row("signalbox.v1.EstateService/Check", any_role(), s.estate, &EstateService::check),

        row("signalbox.v1.ArtifactService/BeginUpload", coordinators(), s.artifact, &ArtifactService::begin_upload),
        row("signalbox.v1.ArtifactService/PutChunk", coordinators(), s.artifact, &ArtifactService::put_chunk),
        row("signalbox.v1.ArtifactService/FinishUpload", coordinators(), s.artifact, &ArtifactService::finish_upload),
        row("signalbox.v1.ArtifactService/Import", coordinators(), s.artifact, &ArtifactService::import),
        row("signalbox.v1.ArtifactService/List", any_role(), s.artifact, &ArtifactService::list),

        row("signalbox.v1.SecretService/Set", only_administrators(), s.secret, &secret::SecretService::set),
        row("signalbox.v1.SecretService/List", whoever_oversees(), s.secret, &secret::SecretService::list),
        row("signalbox.v1.SecretService/Remove", only_administrators(), s.secret, &secret::SecretService::remove),

        row("signalbox.v1.ReleaseService/Plan", any_role(), s.release, &ReleaseApi::plan),
        row("signalbox.v1.ReleaseService/Start", coordinators(), s.release, &ReleaseApi::start),
        row("signalbox.v1.ReleaseService/Get", any_role(), s.release, &ReleaseApi::get),
        row("signalbox.v1.ReleaseService/List", any_role(), s.release, &ReleaseApi::list),
        row("signalbox.v1.ReleaseService/GetApprovals", any_role(), s.release, &ReleaseApi::get_approvals),
        row("signalbox.v1.ReleaseService/Approve", approvers(), s.release, &ReleaseApi::approve),
        row("signalbox.v1.ReleaseService/Withdraw", approvers(), s.release, &ReleaseApi::withdraw),
        row("signalbox.v1.ReleaseService/RevokeStanding", approvers(), s.release, &ReleaseApi::revoke_standing),
        row("signalbox.v1.ReleaseService/Halt", whoever_runs_releases(), s.release, &ReleaseApi::halt),
        row("signalbox.v1.ReleaseService/Resume", whoever_runs_releases(), s.release, &ReleaseApi::resume),
        row("signalbox.v1.ReleaseService/Abort", whoever_runs_releases(), s.release, &ReleaseApi::abort),
        row("signalbox.v1.ReleaseService/Undo", whoever_runs_releases(), s.release, &ReleaseApi::undo),
        row("signalbox.v1.ReleaseService/Throttle", whoever_oversees(), s.release, &ReleaseApi::throttle),
        row("signalbox.v1.ReleaseService/Explain", any_role(), s.release, &ReleaseApi::explain),
        row("signalbox.v1.ReleaseService/Timeline", any_role(), s.release, &ReleaseApi::timeline),

        row("signalbox.v1.LedgerService/GetCheckpoint", any_role(), s.ledger, &LedgerApi::get_checkpoint),
        row("signalbox.v1.LedgerService/ListEntries", any_role(), s.ledger, &LedgerApi::list_entries),
        row("signalbox.v1.LedgerService/Prove", any_role(), s.ledger, &LedgerApi::prove),
    };
    // clang-format on
    MethodTable table;
    for (const auto& method : rows) table.emplace(method.name, method);
    return table;
}

}  // namespace signalbox::api
