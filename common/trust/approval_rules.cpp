// SPDX-License-Identifier: Apache-2.0
// Who counts for an approval, and whether it is enough.
#include <fmt/format.h>

#include <set>
#include <utility>

#include "common/trust/approval.hpp"
#include "common/trust/role_matching.hpp"

namespace signalbox::trust {
namespace {

// Who holds the key. Two keys with one label are one person's; without a label a key stands for itself.
std::string person_of(const TrustFile& trust, const crypto::KeyId& id) {
    const auto found = trust.keys.find(id);
    return found == trust.keys.end() || found->second.label.empty() ? "key " + id.str()
                                                                    : "label " + found->second.label;
}

Error refused(std::string why, std::string remedy = {}) {
    return {Code::refused, "R_APPROVAL: " + std::move(why), std::move(remedy)};
}

// The names of the roles that still want somebody: "tester 0/1, owner 1/2".
std::string missing_in(const std::map<std::string, RoleProgress>& progress) {
    std::string text;
    for (const auto& [role, each] : progress) {
        if (each.have >= each.need) continue;
        text += fmt::format("{}{} {}/{}", text.empty() ? "" : ", ", role, each.have, each.need);
    }
    return text;
}

}  // namespace

std::map<std::string, RoleProgress> approval_progress(const TrustFile& trust, const Approval& approval,
                                                      const dsse::Envelope& envelope) {
    return approval_progress(trust, approval.environment, approval.requester, envelope);
}

std::map<std::string, RoleProgress> approval_progress(const TrustFile& trust, const std::string& environment,
                                                      const crypto::KeyId& requester_key,
                                                      const dsse::Envelope& envelope) {
    const std::map<std::string, Role> roles = trust.approval_roles(environment);
    const std::string requester = requester_key.empty() ? "" : person_of(trust, requester_key);

    const std::string prefix = fmt::format("approve/{}/", environment);

    // person -> indices of the roles that one of their keys, which signed, holds
    std::map<std::string, std::set<std::size_t>> people;
    std::map<crypto::KeyId, bool> verified;  // a key in several roles is verified once
    std::size_t index = 0;
    for (const auto& [name, role] : roles) {
        for (const crypto::KeyId& id : role.keyids) {
            const std::string person = person_of(trust, id);
            if (id == requester_key || person == requester) continue;
            auto known = verified.find(id);
            if (known == verified.end()) {
                const crypto::PublicKey* key = trust.key_in_role(prefix + name, id);
                known = verified.emplace(id, key != nullptr && dsse::signed_by(envelope, *key)).first;
            }
            if (known->second) people[person].insert(index);
        }
        ++index;
    }

    std::vector<int> places;
    places.reserve(roles.size());
    for (const auto& [name, role] : roles) places.push_back(role.threshold);
    std::vector<std::vector<std::size_t>> eligible;
    eligible.reserve(people.size());
    for (const auto& [person, indices] : people) eligible.emplace_back(indices.begin(), indices.end());
    const std::vector<int> filled = fill_roles(places, eligible);

    std::map<std::string, RoleProgress> progress;
    index = 0;
    for (const auto& [name, role] : roles) {
        progress.emplace(name, RoleProgress{filled[index++], role.threshold});
    }
    return progress;
}

Status check_roles_filled(const std::string& environment,
                          const std::map<std::string, RoleProgress>& progress) {
    if (progress.empty()) {
        return refused(
            fmt::format("the trust file has no role approve/{:.60}/…, so nothing may run there", environment),
            "Add an approval role for the environment to the trust file.");
    }
    if (const std::string missing = missing_in(progress); !missing.empty()) {
        return refused(
            fmt::format("not enough people approved for {}: {}", environment, missing),
            "Let the people who are missing sign; the requester does not count, and one person fills "
            "one role.");
    }
    return {};
}

Result<Approval> verify_approval(const TrustFile& trust, std::string_view dsse_text) {
    SB_TRY(const dsse::Envelope envelope, open_envelope(dsse_text, kMaxApprovalBytes, "approval"));
    SB_TRY(Approval approval, parse_approval(envelope.payload));
    if (approval.cluster_id != trust.cluster_id) {
        return refused(fmt::format("it is for cluster '{:.60}', not {}", approval.cluster_id.str(),
                                   trust.cluster_id.str()));
    }
    // undo_not_after is not before not_after, so this caps both.
    if (approval.undo_not_after > approval.not_before + std::chrono::seconds{trust.limits.max_window_s}) {
        return refused(fmt::format("its window, with the time to undo, is longer than the {} s allowed",
                                   trust.limits.max_window_s),
                       "Ask for approval of a shorter window.");
    }
    SB_CHECK(check_roles_filled(approval.environment, approval_progress(trust, approval, envelope)));
    return approval;
}

}  // namespace signalbox::trust
