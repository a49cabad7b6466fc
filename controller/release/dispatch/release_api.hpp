// SPDX-License-Identifier: Apache-2.0
// ReleaseService of the operator API. On the domain strand; `done` callbacks are called there, once, perhaps
// from inside the call.
#pragma once

#include <functional>
#include <list>
#include <memory>

#include "common/trust/approval.hpp"
#include "controller/access/caller.hpp"
#include "controller/release/dispatch/engine.hpp"
#include "controller/release/dispatch/history.hpp"
#include "controller/release/dispatch/planner_port.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::dispatch {

template <class T>
using Done = std::function<void(Result<T>)>;

class ReleaseApi {
  public:
    // The longest that a call waits for a change.
    static constexpr Duration kMaxWait = std::chrono::seconds(60);

    struct Parts {
        Engine& engine;
        PlannerPort& planner;
        ReleaseStore& store;
        TrustPort& trust;
        const ledger::Sealer& sealer;
        async::Strand& strand;
        ReadEntries entries;  // of the ledger
    };
    // The parts must outlive it; destroy it on the strand, or after the strand has stopped.
    explicit ReleaseApi(Parts parts);
    ReleaseApi(const ReleaseApi&) = delete;
    ReleaseApi& operator=(const ReleaseApi&) = delete;

    void plan(const access::Caller& caller, const v1::PlanRequest& request, Done<v1::PlanResponse> done);
    // Errors: conflict (the plan is another one than was expected; another release of the service has not
    // ended), failed_precondition (the estate has problems), invalid_argument (window).
    void start(const access::Caller& caller, const v1::StartReleaseRequest& request,
               Done<v1::StartReleaseResponse> done);
    // Waits until the revision is higher than after_revision, or for wait_ms.
    void get(const access::Caller& caller, const v1::GetReleaseRequest& request,
             Done<v1::GetReleaseResponse> done);
    [[nodiscard]] Result<v1::ListReleasesResponse> list(const access::Caller& caller,
                                                        const v1::ListReleasesRequest& request);
    [[nodiscard]] Result<v1::GetApprovalsResponse> get_approvals(const access::Caller& caller,
                                                                 const v1::GetApprovalsRequest& request);
    // Errors: not_found, failed_precondition (ended), permission_denied (the key holds no role there, or is
    // the requester's), invalid_argument (the signature does not verify).
    [[nodiscard]] Result<v1::ApproveResponse> approve(const access::Caller& caller,
                                                      const v1::ApproveRequest& request);
    // Errors: not_found, failed_precondition (the environment started, or the release ended),
    // permission_denied (by nobody who approved it), invalid_argument (of another approval).
    [[nodiscard]] Result<v1::WithdrawApprovalResponse> withdraw(const access::Caller& caller,
                                                                const v1::WithdrawApprovalRequest& request);
    // Errors: permission_denied (by nobody who signed it), invalid_argument (of another one), refused.
    [[nodiscard]] Result<v1::RevokeStandingResponse> revoke_standing(
        const access::Caller& caller, const v1::RevokeStandingRequest& request);
    [[nodiscard]] Result<v1::ReleaseCommandResponse> halt(const access::Caller& caller,
                                                          const v1::ReleaseCommandRequest& request);
    [[nodiscard]] Result<v1::ReleaseCommandResponse> resume(const access::Caller& caller,
                                                            const v1::ReleaseCommandRequest& request);
    [[nodiscard]] Result<v1::ReleaseCommandResponse> abort(const access::Caller& caller,
                                                           const v1::ReleaseCommandRequest& request);
    [[nodiscard]] Result<v1::ReleaseCommandResponse> undo(const access::Caller& caller,
                                                          const v1::ReleaseCommandRequest& request);
    [[nodiscard]] Result<v1::GetThrottleResponse> throttle(const access::Caller& caller,
                                                           const v1::GetThrottleRequest& request);
    // Both read the ledger in slices, so that nothing else waits for them. Errors: not_found, the store's.
    void explain(const access::Caller& caller, const v1::ExplainReleaseRequest& request,
                 Done<v1::ExplainReleaseResponse> done);
    void timeline(const access::Caller& caller, const v1::GetTimelineRequest& request,
                  Done<v1::GetTimelineResponse> done);

  private:
    struct Waiter {
        ReleaseId release;
        async::TimerId timer = async::TimerId::none;
        Done<v1::GetReleaseResponse> done;
    };

    // The history of a release that exists, from its start to its end.
    [[nodiscard]] Result<HistoryOrder> history_of(const ReleaseId& id);
    [[nodiscard]] Result<v1::ReleaseInfo> info(const ReleaseId& id, bool with_steps);
    [[nodiscard]] Result<v1::PlanResponse> planned(const Result<Planned>& planned,
                                                   const v1::PlanRequest& request);
    [[nodiscard]] Result<v1::StartReleaseResponse> started(const Result<Planned>& planned,
                                                           const access::Caller& caller,
                                                           const v1::StartReleaseRequest& request);
    [[nodiscard]] Result<v1::ReleaseCommandResponse> command(sequence::CommandKind kind,
                                                             const access::Caller& caller,
                                                             const v1::ReleaseCommandRequest& request);
    void answer(std::list<Waiter>::iterator waiter);

    Parts parts_;
    std::list<Waiter> waiters_;
    std::shared_ptr<ReleaseApi*> self_;
};

}  // namespace signalbox::dispatch
