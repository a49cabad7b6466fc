// SPDX-License-Identifier: Apache-2.0
// One person fills one place: a maximum matching between people and the places of roles. Filling greedily
// would refuse what is enough: when Ann may be tester or owner and Ben only owner, Ann must not take the
// owner's place. Pure; no recursion.
#pragma once

#include <cstddef>
#include <vector>

namespace signalbox::trust {

// places[r]: how many people role r needs. eligible[p]: the roles that person p may fill.
// Returns how many places of each role are filled in a matching that fills as many as can be.
[[nodiscard]] std::vector<int> fill_roles(const std::vector<int>& places,
                                          const std::vector<std::vector<std::size_t>>& eligible);

}  // namespace signalbox::trust
