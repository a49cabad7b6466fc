// SPDX-License-Identifier: Apache-2.0
// The newest earlier release of a service that enough people approved for an environment: what an approver is
// shown the changes against. Which one is the last is the controller's word; that people signed it is checked
// here.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/trust/approval.hpp"
#include "common/trust/trust_file.hpp"
#include "controller/cli/api_port.hpp"
#include "controller/cli/plan_view.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {

struct ApprovedBefore {
    PlanView plan;
    trust::Approval approval;
};

class LastApproved {
  public:
    // All must outlive it.
    LastApproved(ApiPort& api, const trust::TrustFile& trust) : api_(&api), trust_(&trust) {}

    // Nothing: none among those that are looked at (kLookBack releases of the service). Errors: the API's.
    [[nodiscard]] Result<std::optional<ApprovedBefore>> find(const std::string& release_id,
                                                             const std::string& environment,
                                                             const std::string& service);

    static constexpr std::size_t kLookBack = 20;

  private:
    Result<const v1::GetApprovalsResponse*> documents(const std::string& release_id);

    ApiPort* api_;
    const trust::TrustFile* trust_;
    std::optional<v1::ListReleasesResponse> releases_;
    std::map<std::string, v1::GetApprovalsResponse> documents_;
};

}  // namespace signalbox::cli
