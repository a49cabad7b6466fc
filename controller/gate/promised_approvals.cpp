// SPDX-License-Identifier: Apache-2.0
#include "controller/gate/promised_approvals.hpp"

#include <fmt/format.h>

#include "controller/estate/suggest.hpp"

namespace signalbox::gate {

void check_promised_approvals(const estate::Environment& environment, const trust::TrustFile& trust,
                              estate::Problems& problems) {
    const auto roles = trust.approval_roles(environment.name);
    for (const auto& [role, people] : environment.approvals) {
        const auto found = roles.find(role);
        const int needed = found == roles.end() ? 0 : found->second.threshold;
        if (people <= needed) continue;
        const std::string asks =
            fmt::format("'{}' asks for {} x {}, and the trust file, which its hosts go by, for {}",
                        environment.name, people, role, needed);
        const std::string names =
            found == roles.end() ? estate::suggest(role, estate::keys_of(roles)) + " " : std::string();
        problems.push_back({environment.at, asks,
                            fmt::format("{}Raise it: signalbox trust add-approver … --environment {} --role "
                                        "{} --threshold {}; or write what "
                                        "the trust file asks for",
                                        names, environment.name, role, people)});
    }
}

}  // namespace signalbox::gate
