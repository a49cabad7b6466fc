// SPDX-License-Identifier: Apache-2.0
// The member `secrets` of an action. Pure. Format: docs/formats/action.md.
#pragma once

#include "common/json/json.hpp"
#include "common/secret/secret.hpp"

namespace signalbox::secret {

// Empty when the action has no such member. Errors: invalid_argument, naming the member.
[[nodiscard]] Result<References> read_references(json::ObjectReader& action);
// Of an action's bytes, whatever else they hold. Errors: invalid_argument.
[[nodiscard]] Result<References> references_of(std::string_view action);

}  // namespace signalbox::secret
