// SPDX-License-Identifier: Apache-2.0
// Changes the cluster's certificate authority while everything runs: the next one is made, both count, hosts
// are asked to renew (a few at a time) and move to it, and when none is left the old one is retired. Domain
// strand only. ADR 0028.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/async/strand.hpp"
#include "common/telemetry/logger.hpp"
#include "controller/access/caller.hpp"
#include "controller/fleet/authorities.hpp"
#include "controller/fleet/server/sessions.hpp"
#include "controller/fleet/store.hpp"
#include "controller/ledger/ledger.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::fleet {

class AuthorityChange {
  public:
    static constexpr Duration kSweep = std::chrono::seconds(5);
    static constexpr std::size_t kAskedAtOnce = 100;                    // a sweep
    static constexpr Duration kAskAgain = std::chrono::minutes(10);     // a host that did not move
    static constexpr Duration kPortsSettle = std::chrono::seconds(15);  // until they refuse what was retired

    // All must outlive it.
    struct Parts {
        Authorities& authorities;
        Sessions& sessions;
        FleetStore& store;
        ledger::Ledger& ledger;
        async::Strand& strand;
        const Clock& clock;
        telemetry::Logger log;
    };
    explicit AuthorityChange(Parts parts);
    ~AuthorityChange();
    AuthorityChange(const AuthorityChange&) = delete;
    AuthorityChange& operator=(const AuthorityChange&) = delete;

    // Called after the present authority was replaced. Stays.
    void on_retired(std::function<void()> callback) { listeners_.push_back(std::move(callback)); }

    [[nodiscard]] Result<v1::ShowAuthorityResponse> show(const access::Caller& caller,
                                                         const v1::ShowAuthorityRequest& request);
    // Errors: already_exists (a change is under way), the disk's.
    [[nodiscard]] Result<v1::ShowAuthorityResponse> prepare(const access::Caller& caller,
                                                            const v1::PrepareAuthorityRequest& request);
    // Errors: failed_precondition (none is prepared; hosts are left, and `force` is not said: names them),
    // invalid_argument (force without a reason).
    [[nodiscard]] Result<v1::ShowAuthorityResponse> retire(const access::Caller& caller,
                                                           const v1::RetireAuthorityRequest& request);

  private:
    // Agents that are not banned and hold no certificate of the next authority.
    struct Left {
        AgentInfo agent;
        Instant until{};
    };
    [[nodiscard]] Result<std::vector<Left>> left();
    [[nodiscard]] Result<v1::ShowAuthorityResponse> describe();
    void sweep();
    void schedule();

    Parts parts_;
    std::set<AgentId> moved_;           // in this change
    std::map<AgentId, Instant> asked_;  // and when
    std::vector<std::function<void()>> listeners_;
    async::TimerId timer_ = async::TimerId::none;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace signalbox::fleet
