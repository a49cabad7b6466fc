// SPDX-License-Identifier: Apache-2.0
// Who is calling the operator API and what roles they hold. Values; safe to share between threads.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace signalbox::access {

// What a person or a pipeline may do through the API. A role never replaces a signature: nothing here lets
// anybody run a step that approvers have not signed.
enum class Role {
    administrator,  // keys, trust, joining, sources; holds every other role too
    operator_,      // hosts and running releases: quarantine, halt, resume, abort, undo
    coordinator,    // releases: upload artifacts, start, halt, resume, abort, undo
    approver,       // hand in approval signatures
    auditor,        // read everything, change nothing
};

[[nodiscard]] std::string_view to_string(Role role);  // "administrator" "operator" "coordinator" …
// Errors: invalid_argument, naming the roles that exist.
[[nodiscard]] Result<Role> parse_role(std::string_view text);
[[nodiscard]] const std::vector<Role>& all_roles();

using Roles = std::set<Role>;

struct Caller {
    std::string name;    // unique among keys that are not revoked
    std::string key_id;  // 12 hex digits; never the secret
    Roles roles;
    std::string approver_kid;  // k4.pid of this person's approver key; empty when they hold none

    // True when the caller holds one of these roles; an administrator holds all. An empty list admits nobody.
    [[nodiscard]] bool holds_any(const std::vector<Role>& wanted) const;
};

}  // namespace signalbox::access
