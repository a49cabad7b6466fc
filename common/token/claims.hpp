// SPDX-License-Identifier: Apache-2.0
// The JSON text of a token's claims; parse_claims is in token.hpp. Private to common/token. Pure.
#pragma once

#include <string>

#include "common/token/token.hpp"

namespace signalbox::token {

[[nodiscard]] std::string serialize(const Claims& claims);

}  // namespace signalbox::token
