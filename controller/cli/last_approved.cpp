// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/last_approved.hpp"

#include <algorithm>

#include "controller/cli/message_json.hpp"

namespace signalbox::cli {
namespace {

constexpr std::uint32_t kListed = 500;

bool has_service(const v1::ReleaseInfo& release, const std::string& service) {
    return std::any_of(release.services().begin(), release.services().end(),
                       [&](const v1::ServiceVersion& each) { return each.service() == service; });
}

// The document, when it is of this plan and people enough signed it under the present trust file; not
// when it was withdrawn.
std::optional<trust::Approval> approved(const v1::ApprovalDocument& document, const PlanView& plan,
                                        const trust::TrustFile& trust) {
    if (!document.withdrawal().empty()) return std::nullopt;
    auto approval = trust::verify_approval(trust, document.envelope());
    if (!approval || approval->plan_sha256 != plan.sha256 ||
        approval->environment != document.environment()) {
        return std::nullopt;
    }
    return *std::move(approval);
}

}  // namespace

Result<const v1::GetApprovalsResponse*> LastApproved::documents(const std::string& release_id) {
    const auto known = documents_.find(release_id);
    if (known != documents_.end()) return &known->second;
    v1::GetApprovalsRequest request;
    request.set_release_id(release_id);
    SB_TRY(auto answer, ask<v1::GetApprovalsResponse>(*api_, "ReleaseService/GetApprovals", request));
    return &documents_.emplace(release_id, std::move(answer)).first->second;
}

Result<std::optional<ApprovedBefore>> LastApproved::find(const std::string& release_id,
                                                         const std::string& environment,
                                                         const std::string& service) {
    if (!releases_) {
        v1::ListReleasesRequest request;
        request.set_limit(kListed);
        SB_TRY(releases_, ask<v1::ListReleasesResponse>(*api_, "ReleaseService/List", request));
    }
    bool earlier = false;  // the newest comes first
    std::size_t looked_at = 0;
    for (const v1::ReleaseInfo& release : releases_->releases()) {
        if (release.release_id() == release_id) {
            earlier = true;
            continue;
        }
        if (!earlier || !has_service(release, service)) continue;
        if (++looked_at > kLookBack) break;
        SB_TRY(const v1::GetApprovalsResponse* answer, documents(release.release_id()));
        SB_TRY(PlanView plan, read_plan(answer->plan()).with_context("the plan of " + release.release_id()));
        for (const v1::ApprovalDocument& document : answer->documents()) {
            if (document.environment() != environment) continue;
            if (auto approval = approved(document, plan, *trust_))
                return std::optional(ApprovedBefore{std::move(plan), *std::move(approval)});
        }
    }
    return std::optional<ApprovedBefore>();
}

}  // namespace signalbox::cli
