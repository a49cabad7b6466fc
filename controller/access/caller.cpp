// SPDX-License-Identifier: Apache-2.0
#include "controller/access/caller.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace signalbox::access {

std::string_view to_string(Role role) {
    switch (role) {
        case Role::administrator:
            return "administrator";
        case Role::operator_:
            return "operator";
        case Role::coordinator:
            return "coordinator";
        case Role::approver:
            return "approver";
        case Role::auditor:
            return "auditor";
    }
    return "auditor";
}

const std::vector<Role>& all_roles() {
    static const std::vector<Role> roles{Role::administrator, Role::operator_, Role::coordinator,
                                         Role::approver, Role::auditor};
    return roles;
}

Result<Role> parse_role(std::string_view text) {
    for (const Role role : all_roles()) {
        if (to_string(role) == text) return role;
    }
    return Error(Code::invalid_argument, fmt::format("there is no role \"{}\"", text),
                 "Use one of: administrator, operator, coordinator, approver, auditor.");
}

bool Caller::holds_any(const std::vector<Role>& wanted) const {
    if (wanted.empty()) return false;
    if (roles.contains(Role::administrator)) return true;
    return std::any_of(wanted.begin(), wanted.end(), [this](Role role) { return roles.contains(role); });
}

}  // namespace signalbox::access
