// SPDX-License-Identifier: Apache-2.0
// What an action does to a host, in words, from its exact bytes. Pure.
#pragma once

#include <string>

#include "common/json/json.hpp"

namespace signalbox::cli {

// "stage 12.0 MiB tar.zst sha256 0123456789ab", "run systemctl restart payments". A kind that this program
// does not know is shown as its whole JSON text: nothing is hidden from who signs it.
[[nodiscard]] std::string describe_action(const json::Json& action);

}  // namespace signalbox::cli
